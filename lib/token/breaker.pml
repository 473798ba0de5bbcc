/*
 * The breaker of the token record, as a model that spin explores whole: `npm run models`.
 * docs/models.md has the results.
 *
 * It mirrors breaker.ts (the functions have the same names) and the steps of tokenRenewal.ts between
 * the claim and the outcome. tokenLease.pml has the lease, with the same steps.
 *
 * What is abstracted, and why that loses nothing:
 *
 * - A writing of the secret may fail 2 times in an hour instead of 5, and all of them 3 times instead of
 *   10. The code compares with two constants, and its lists are as long as these.
 * - A unit is 4 s, the most that clocks differ; a clock is ahead by 0 or 1. The hour is 6 units, three
 *   leases (or HOUR). Pauses are a few units, longer than SKEW where the code's are. Times are
 *   differences to now, as in tokenLease.pml.
 * - SSM returns any revision that was written, also an older one after a newer one. So nothing need be
 *   said about caches. WeCom refuses, does not answer, or gives a token, whatever the secret.
 * - `limited` behaves as `refused`. What only the log uses is absent (`since`, `openedAt`, `errcode`).
 * - A call that WeCom refuses counts where its caller listened or crashed; where the response was lost,
 *   nobody can know how the call ended.
 * - Not explored: three instances whose clocks differ, or with an hour of 6 units.
 *   tests/models/models.ts says what is.
 * - Not here: tickets (`calls`), and `breakerWithoutFutureTimes`.
 */

#ifndef INSTANCES
#define INSTANCES 3
#endif
#ifndef REVISIONS
#define REVISIONS 3
#endif

#define SKEW 1
#define LEASE 2
#ifndef HOUR
#define HOUR 6
#endif
#define REFUSED_PAUSE 2    /* the first one: longer than SKEW, as countCall needs to recognize its own call */
#define UNREPORTED_PAUSE 2 /* after the calls that need none */
#define SHORT_PAUSE 1      /* without an answer, or without a secret */
#define FAILURES_PER_WRITING 2
#define FAILURES_PER_HOUR 3

#ifdef MUTATE_COUNTED_WITHOUT_LEASE
#define COUNTED HOUR
#else
#define COUNTED (HOUR + LEASE)
#endif
#ifdef MUTATE_LIMIT_PER_WRITING
#define sameLeft(revision) 0
#else
/* The second last of the calls with this revision. */
#define sameLeft(revision) (failedRevision[1] == revision && failedRevision[2] == revision -> failedLeft[1] : \
	(failedRevision[0] == revision && (failedRevision[1] == revision || failedRevision[2] == revision) \
		-> failedLeft[0] : 0))
#endif
#ifdef MUTATE_LIMIT_PER_HOUR
#define allLeft 0
#else
/* The third last of all calls. */
#define allLeft (failedCalls == FAILURES_PER_HOUR -> failedLeft[0] : 0)
#endif

#define NOBODY 255
#define DEAD 254
#define NO_REVISION 255
#define LAST 2 /* FAILURES_PER_HOUR - 1 */

mtype = { READ, CLAIM, COUNT, WRITE, CALL, CALLING, REFUSED, UNREACHABLE, TOKEN, RELEASE };
/* Breaker.reason; NONE is no breaker. */
mtype = { NONE, refused, unreachable, unreported, noSecret, closed };

/* The stored record: the lease and the breaker. */
byte owner = NOBODY;
byte leaseLeft;
mtype reason = NONE;
byte failures;
byte openLeft;
byte revision;     /* secretRevision */
byte failedCalls;  /* how many */
byte failedLeft[FAILURES_PER_HOUR]; /* until a call no longer counts */
byte failedRevision[FAILURES_PER_HOUR] = NO_REVISION;

/* What was stored before the last count, for a holder that comes too late to call. */
bool isCountNew;
mtype reasonBefore = NONE;
byte failuresBefore;
byte openLeftBefore;
byte revisionBefore;

/* The instances. */
byte ahead[INSTANCES];
mtype at[INSTANCES] = READ;
bool seen[INSTANCES];
byte untilLeft[INSTANCES];
byte secret[INSTANCES] = NO_REVISION; /* the revision that it counts or calls with, or has checked */
bool continues[INSTANCES]; /* whether it goes on with a lease that was its own already */
byte late[INSTANCES];      /* how long its count is on the way */

/* SSM */
byte newest;

/* Only for the properties: the calls of the last hour that WeCom refused, oldest first. */
byte refusedLeft[FAILURES_PER_HOUR];
byte refusedRevision[FAILURES_PER_HOUR] = NO_REVISION;
bool well;
bool recovered;
byte wellTicks;

#define mayFail (!well)
#define max(a, b) ((a) > (b) -> (a) : (b))
#define blockedLeft(r) (sameLeft(r) > allLeft -> sameLeft(r) : allLeft)
#define isLeased(i) (leaseLeft > ahead[i])
#define isOpen(i) (openLeft > ahead[i])
#define isInTime(i) (untilLeft[i] > SKEW + ahead[i])
#define isAboutSecret (reason != unreachable && reason != closed)
#define isExhausted(i) (allLeft > ahead[i])
#define isClosedBySecret(i, r) (blockedLeft(r) <= ahead[i] && \
	((reason == noSecret && r >= revision) || (reason != noSecret && isAboutSecret && isNewer(r))))
#ifdef MUTATE_SAME_SECRET_CLOSES
#define isNewer(r) (r >= revision)
#else
#define isNewer(r) (r > revision)
#endif
#ifdef MUTATE_OPEN_IGNORED
#define mayRead(i) true
#else
#define mayRead(i) (!isOpen(i))
#endif
/* breaker.ts: mayCall, after the secret was read. */
#ifdef MUTATE_SECRET_NOT_CHECKED
#define mayCall(i, r) true
#else
#define mayCall(i, r) (reason == NONE || !isOpen(i) || isClosedBySecret(i, r))
#endif
/* tokenRenewal.ts: `atLeast` */
#ifdef MUTATE_OLDER_SECRET
#define isAtLeast(r) true
#else
#define isAtLeast(r) (r >= revision || reason == NONE)
#endif

#define isWaiting(i) (isLeased(i) && owner != i)
#define isStopped(i) (!isLeased(i) && isOpen(i) && \
	!(isAboutSecret && !isExhausted(i) && isClosedBySecret(i, newest)))
#define isAtRest(i) (at[i] == READ && (isWaiting(i) || isStopped(i)))
#if INSTANCES == 3
#define all(is) (is(0) && is(1) && is(2))
#else
#define all(is) (is(0) && is(1))
#endif

#ifdef MUTATE_SILENCE_UNCOUNTS
#define wasRefused false
#else
#define wasRefused (reason == refused)
#endif

/* countCall: the last call was counted since the lease was taken. */
#define lastLeft (failedCalls == 0 -> 0 : failedLeft[failedCalls - 1])
#define lastRevision (failedCalls == 0 -> NO_REVISION : failedRevision[failedCalls - 1])
#ifdef MUTATE_COUNT_OF_ANOTHER
#define isOutcomeOpen true
#else
#define isOutcomeOpen (reason == unreported || reason == refused)
#endif
#define isCounted(i, r) (continues[i] && isOutcomeOpen && failedCalls > 0 && lastRevision == r && lastLeft + LEASE >= untilLeft[i] + COUNTED)

inline leave(i) {
	if
	:: owner == i -> owner = DEAD
	:: else
	fi;
	readAgain(i)
}

inline readAgain(i) {
	at[i] = READ; seen[i] = false; untilLeft[i] = 0; secret[i] = NO_REVISION; late[i] = 0;
	continues[i] = false
}

/* A write of another instance that can only fail now fails at once, as in tokenLease.pml. */
inline replaced(i, j) {
	for (j : 0 .. INSTANCES - 1) {
		seen[j] = (j == i);
		if
		:: j != i && at[j] != READ && at[j] != CALL && at[j] != CALLING -> leave(j)
		:: else
		fi
	};
	j = 0;
	forgetBefore()
}

inline forgetBefore() {
	isCountNew = false; reasonBefore = NONE; failuresBefore = 0; openLeftBefore = 0; revisionBefore = 0
}

inline hear(i, next) {
	if
	:: at[i] = next; late[i] = 0
	:: mayFail -> readAgain(i)
	:: mayFail -> leave(i)
	fi
}

inline readRecord(i, r) {
	if
	:: isLeased(i) && owner != i -> skip /* waits */
	:: isLeased(i) && owner == i ->
		/* The response to its claim or count was lost. */
		at[i] = COUNT; seen[i] = true; continues[i] = true; untilLeft[i] = leaseLeft
	:: !isLeased(i) && mayRead(i) -> claim(i)
	:: !isLeased(i) && isOpen(i) && isAboutSecret && !isExhausted(i) ->
		/* hasNewSecret */
		readSecret(r);
		if
		:: isClosedBySecret(i, r) -> claim(i); secret[i] = r
		:: else
		fi;
		r = 0
	:: !isLeased(i) && isOpen(i) && !(isAboutSecret && !isExhausted(i)) -> skip /* stops */
	fi
}

/* SSM returns any revision; the newest when all faults have ended. */
inline readSecret(r) {
	if
	:: well -> r = newest
	:: else -> select(r : 0 .. newest)
	fi
}

inline claim(i) { at[i] = CLAIM; seen[i] = true; untilLeft[i] = LEASE + ahead[i]; secret[i] = NO_REVISION }

inline writeClaim(i, j) {
	leaseLeft = untilLeft[i];
	owner = (leaseLeft > 0 -> i : NOBODY);
	replaced(i, j);
	if
	:: at[i] = COUNT; secret[i] = NO_REVISION
	:: mayFail -> at[i] = READ; seen[i] = false; untilLeft[i] = 0
	:: mayFail -> leave(i)
	fi
}

/* tokenRenewal.ts: `renew` from the claim to the count. */
inline count(i, r, j) {
	readSecret(r);
	if
	/* The check that led to the claim is used again for 10 s, longer than SKEW and a holder's work. */
	:: continues[i] && secret[i] != NO_REVISION && r < secret[i] -> r = secret[i]
	:: else
	fi;
	secret[i] = NO_REVISION;
	if
	:: !isAtLeast(r) || mayFail -> recordMissingSecret(i, j)
	:: isAtLeast(r) && isCounted(i, r) -> secret[i] = r; at[i] = WRITE /* counted already */
	:: isAtLeast(r) && !isCounted(i, r) && mayCall(i, r) ->
		/* No call while the breaker is open, but with a newer secret. */
		assert(reason == NONE || !isOpen(i) || reason == noSecret || (r > revision && isAboutSecret));
		/* No call with an older secret than the last one. */
		assert(reason == NONE || r >= revision);
		secret[i] = r; at[i] = WRITE
	:: isAtLeast(r) && !isCounted(i, r) && !mayCall(i, r) -> at[i] = RELEASE
	fi;
	r = 0
}

inline recordMissingSecret(i, j) {
	if
	:: reason == refused ->
		openLeft = max(openLeft, ahead[i] + SHORT_PAUSE);
		openLeft = max(openLeft, blockedLeft(revision))
	:: else ->
		openLeft = ahead[i] + SHORT_PAUSE;
		openLeft = (reason == NONE -> openLeft : max(openLeft, blockedLeft(revision)));
		reason = noSecret
	fi;
	unlease(i, j)
}

inline unlease(i, j) {
	owner = NOBODY; leaseLeft = 0;
	replaced(i, j);
	leave(i)
}

inline dropFirst() {
	failedLeft[0] = failedLeft[1]; failedRevision[0] = failedRevision[1];
	failedLeft[1] = failedLeft[2]; failedRevision[1] = failedRevision[2];
	failedLeft[2] = 0; failedRevision[2] = NO_REVISION;
	failedCalls--
}

inline dropLast() {
	failedCalls--;
	failedLeft[failedCalls] = 0; failedRevision[failedCalls] = NO_REVISION
}

inline pause(i) {
	openLeft = ahead[i] + (reason == refused -> (failures == 1 -> REFUSED_PAUSE : HOUR) : (failures == 1 -> 0 : UNREPORTED_PAUSE));
	openLeft = max(openLeft, blockedLeft(revision))
}

/* countCall, as it was computed `late` ago. */
inline writeCount(i, j) {
	if
	:: isCounted(i, secret[i]) -> replaced(i, j); hear(i, CALL)
	:: else ->
		replaced(i, j);
		isCountNew = true;
		reasonBefore = reason; failuresBefore = failures; openLeftBefore = openLeft; revisionBefore = revision;
		/* Only calls whose hour is over by its clock are dropped. They come first, but for the skew. */
		do
		:: failedCalls > 0 && failedLeft[0] + late[i] <= ahead[i] -> dropFirst()
		:: else -> break
		od;
		do
		:: failedCalls == FAILURES_PER_HOUR -> dropFirst()
		:: else -> break
		od;
		failures = (reason != NONE && revision == secret[i] -> failures : 0) + 1;
		failures = (failures > FAILURES_PER_WRITING -> FAILURES_PER_WRITING : failures);
		reason = (reason == refused && revision == secret[i] && failures > 1 -> refused : unreported);
		revision = secret[i];
		failedLeft[failedCalls] = (COUNTED + ahead[i] > late[i] -> COUNTED + ahead[i] - late[i] : 0);
		failedRevision[failedCalls] = revision;
		failedCalls++;
		pause(i);
		hear(i, CALL)
	fi
}

inline call(i) {
	if
	:: isInTime(i) -> at[i] = CALLING
	:: !isInTime(i) && seen[i] -> at[i] = RELEASE; untilLeft[i] = 0
	:: !isInTime(i) && !seen[i] -> leave(i)
	fi;
	if
	:: at[i] == CALLING && seen[i] -> forgetBefore()
	:: else
	fi
}

/* WeCom refuses a call, or may have refused it. */
inline refuse(r) {
	/* At most so many with one writing in an hour, and so many with any. */
	assert(!(refusedRevision[LAST - 1] == r && refusedRevision[LAST] == r));
	assert(!(refusedRevision[LAST] == r && refusedRevision[LAST - 2] == r));
	assert(!(refusedRevision[LAST - 1] == r && refusedRevision[LAST - 2] == r));
	assert(refusedRevision[LAST - 2] == NO_REVISION);
	refusedLeft[0] = refusedLeft[1]; refusedRevision[0] = refusedRevision[1];
	refusedLeft[1] = refusedLeft[2]; refusedRevision[1] = refusedRevision[2];
	refusedLeft[2] = HOUR; refusedRevision[2] = r
}

#define outcome(i, what) at[i] = (seen[i] -> what : READ); gone(i)

inline gone(i) {
	if
	:: at[i] == READ -> leave(i)
	:: else -> untilLeft[i] = 0; secret[i] = NO_REVISION
	fi
}

inline respond(i) {
	if
	:: !well || secret[i] != newest -> refuse(secret[i]); outcome(i, REFUSED)
	:: mayFail -> refuse(secret[i]); leave(i) /* and the caller has crashed */
	:: mayFail && reason != refused -> outcome(i, UNREACHABLE)
	:: mayFail && reason == refused && seen[i] -> refuse(secret[i]); outcome(i, UNREACHABLE)
	:: !well || secret[i] == newest -> recovered = well; outcome(i, TOKEN)
	fi
}

inline recordFailure(i, j) {
	if
	:: at[i] == REFUSED -> reason = refused; pause(i)
	:: at[i] == UNREACHABLE && wasRefused -> pause(i)
	:: at[i] == UNREACHABLE && !wasRefused ->
		reason = unreachable; openLeft = ahead[i] + SHORT_PAUSE; failures--; dropLast()
	fi;
	unlease(i, j)
}

inline recordSuccess(i, j) {
	reason = closed; openLeft = 0; failures = 0; dropLast();
#ifdef MUTATE_SUCCESS_FORGETS
	do
	:: failedCalls > 0 -> dropLast()
	:: else -> break
	od;
#endif
	unlease(i, j)
}

inline writeRelease(i, j) {
	if
	:: isCountNew ->
		reason = reasonBefore; failures = failuresBefore; openLeft = openLeftBefore;
		revision = revisionBefore; dropLast()
	:: else
	fi;
	unlease(i, j)
}

/*
 * Instances with equal clocks are alike: whichever of them did what, what may happen next is the same.
 * So they are kept in one order after every step, which explores each of such states once.
 */
#define rank(i) ((((((at[i] * 2 + seen[i]) * 8 + untilLeft[i]) * 4 + (secret[i] + 1) % 256) * 2 \
	+ continues[i]) * 8 + late[i]) * 2 + (owner == i))
#define swap(array, i, j) t = array[i]; array[i] = array[j]; array[j] = t

inline order(i, j) {
	if
	:: ahead[i] == ahead[j] && rank(i) > rank(j) ->
		swap(at, i, j); swap(seen, i, j); swap(untilLeft, i, j);
		swap(secret, i, j); swap(continues, i, j); swap(late, i, j);
		t = 0;
		if
		:: owner == i -> owner = j
		:: owner == j -> owner = i
		:: else
		fi
	:: else
	fi
}

#if INSTANCES == 3
#define orderAll() order(0, 1); order(1, 2); order(0, 1)
#else
#define orderAll() order(0, 1)
#endif

proctype instance(byte i) {
	byte r;
	byte j;
	byte t;
end:
	do
	:: atomic { at[i] == READ && !recovered && !(well && isAtRest(i)) -> readRecord(i, r); orderAll() }
	:: atomic { at[i] == CLAIM -> writeClaim(i, j); orderAll() }
	:: atomic { at[i] == COUNT -> count(i, r, j); orderAll() }
	:: atomic { at[i] == WRITE -> writeCount(i, j); orderAll() }
	:: atomic { at[i] == CALL -> call(i); orderAll() }
	:: atomic { at[i] == CALLING && isInTime(i) -> respond(i); orderAll() }
	:: atomic { at[i] == CALLING && !isInTime(i) -> outcome(i, UNREACHABLE); orderAll() }
	:: atomic { at[i] == REFUSED || at[i] == UNREACHABLE -> recordFailure(i, j); orderAll() }
	:: atomic { at[i] == TOKEN -> recordSuccess(i, j); orderAll() }
	:: atomic { at[i] == RELEASE -> writeRelease(i, j); orderAll() }
	:: atomic { (at[i] != READ || owner == i) && mayFail -> leave(i); orderAll() }
	od
}

#define later(left) left = (left > 0 -> left - 1 : 0)
/* After the last fault: the rest of an hour's count, or of the longest pause. */
#define LONGEST (COUNTED + SKEW)

proctype time() {
	byte j;
	byte t;
	do
	:: atomic { !recovered && (!well || all(isAtRest)) ->
		assert(!well || wellTicks <= LONGEST);
		wellTicks = (well -> wellTicks + 1 : 0);
		later(leaseLeft);
		if
		:: leaseLeft == 0 -> owner = NOBODY
		:: else
		fi;
		later(openLeft);
		later(openLeftBefore);
		for (j : 0 .. LAST) {
			later(failedLeft[j]);
			later(refusedLeft[j]);
			if
			:: refusedLeft[j] == 0 -> refusedRevision[j] = NO_REVISION
			:: else
			fi
		};
		for (j : 0 .. INSTANCES - 1) {
			later(untilLeft[j]);
			if
			:: at[j] != CLAIM && at[j] != COUNT && at[j] != WRITE && !isInTime(j) -> untilLeft[j] = 0
			:: else
			fi;
			late[j] = (at[j] == WRITE && late[j] < LEASE + SKEW -> late[j] + 1 : late[j])
		};
		j = 0;
		orderAll() }
	:: atomic { !well && newest < REVISIONS - 1 -> newest++ }
#ifdef RECOVERY
	:: atomic { !well -> well = true }
#endif
	:: recovered -> break
	od
}

init {
	byte middle = 0;
	byte most = SKEW;
	atomic {
#ifdef ONE_CLOCK
		most = 0;
#endif
#if INSTANCES == 3
		select(most : 0 .. SKEW);
		ahead[2] = most;
		run instance(2);
#endif
		select(middle : 0 .. most);
		ahead[1] = middle;
		middle = 0; most = 0;
		run instance(0);
		run instance(1);
		run time()
	}
}
