/*
 * The lease, the fence and the invalidation by identity of the token record, as a model that spin
 * explores whole: `npm run models`. docs/models.md has the results.
 *
 * It mirrors nextStep.ts (which step), tokenRenewal.ts (the writes of a renewal), sharedToken.ts (the
 * loop of a caller) and tokenStore.ts (the one condition of every write). breaker.pml has the breaker.
 *
 * What is abstracted, and why that loses nothing:
 *
 * - Time is a difference to now, in seconds, and every tick lowers all of them. Code compares
 *   times only with now, so time has no end here. A time that is over for every clock is 0.
 * - A clock is ahead by 0 to 4 s. Only differences of clocks count, so one is right; instances
 *   are alike, so they are in the order of their clocks.
 * - A version is whether the stored record is still the one that an instance saw. Versions never come
 *   twice (nextVersion), so nothing else can be compared.
 * - A token is its time left, and whether a report is about it. It stays far from its end for any time.
 * - Any number of requests, crashes, lost responses, reports and tokens. A crashed instance is replaced
 *   by a new one. An instance may be slow at every step but between its check of the deadline and the
 *   call, which is one step in the code too. So a write that arrives late is the write of a slow
 *   instance that crashes after it.
 * - An open breaker or a missing deadline ends a request; so does a crash. The pauses after rejections
 *   are a free choice. Without DynamoDB an instance leaves the record, which is a crash here.
 * - Not here: a gettoken that returns the same token again (readToken.ts).
 */

#ifndef INSTANCES
#define INSTANCES 3
#endif

/* Seconds. tests/models/conformance.test.ts compares them with the code. */
#define SKEW 4         /* CLOCK_SKEW_MS */
#define HOLDER_WORK 4  /* HOLDER_WORK_MS */
#define LEASE 8        /* LEASE_MS */
#define HARD_MARGIN 4  /* of a token that lives 24 s */
#define SOFT_MARGIN 6  /* of a token that lives 24 s */
#define FAR 11         /* beyond the soft margin for every clock */

/* Each mutation drops or weakens one condition of the code. The runner demands that it is found. */
#ifdef MUTATE_LEASE_WITHOUT_SKEW
#undef LEASE
#define LEASE 7
#endif
#ifdef MUTATE_HARD_MARGIN
#define HARD 0
#else
#define HARD HARD_MARGIN
#endif

#define NOBODY 255
#define DEAD 254 /* the owner of a lease whose request has ended */

mtype = {
	READ,    /* reads the record, for a new request or after a wait */
	CLAIM,   /* its claim is on the way */
	COUNT,   /* reads the secret; then it writes the count */
	CALL,    /* checks the deadline; then it calls WeCom */
	CALLING, /* waits for WeCom */
	STORE,   /* has a token to write */
	RELEASE  /* has none, and gives the lease back */
};
mtype = { NONE, STORED, OLDER };

/* The stored record (TokenRecord). */
byte owner = NOBODY;  /* lease.owner */
byte leaseLeft;       /* lease.until */
byte tokenLeft;       /* token.expiresAt; 0: no token, or one that no clock calls usable */
byte tokenAhead;      /* how far the clock that wrote expiresAt is ahead */

/* The instances. */
byte ahead[INSTANCES];     /* how far its clock is ahead */
mtype at[INSTANCES] = READ;
mtype reported[INSTANCES] = NONE; /* the token that the claim's request reports as rejected */
bool drops[INSTANCES];     /* whether its claim drops the token */
bool reports[INSTANCES];   /* whether its claim is for a report about a usable token; only for the properties */
bool seen[INSTANCES];      /* whether the stored version is the one that it wrote last */
byte untilLeft[INSTANCES]; /* lease.until of its claim */

/* Only for the properties. */
bool called;              /* a gettoken was made since the last token was stored, or the last one failed */
bool isRejected;          /* a claim is stored for a report about the token */
bool overtaken[INSTANCES]; /* another instance has stored a token since this one called */
bool well;                /* no more faults: see `repair` */
byte wellTicks;

/* nextStep.ts */
#define isUsable(i) (tokenLeft > HARD + ahead[i])
#define isSoft(i)   (tokenLeft <= SOFT_MARGIN + ahead[i])
#ifdef MUTATE_LEASE_IGNORED
#define isLeased(i) false
#else
#define isLeased(i) (leaseLeft > ahead[i])
#endif
#ifdef MUTATE_REPORT_WITHOUT_IDENTITY
#define isReported(i) (reported[i] != NONE)
#else
#define isReported(i) (reported[i] == STORED)
#endif
#ifdef MUTATE_CLAIM_DROPS_ANY
#define isDropped(i) true
#else
#define isDropped(i) isReported(i)
#endif
#ifdef MUTATE_CLAIM_KEEPS_REPORTED
#undef isDropped
#define isDropped(i) false
#endif
#ifdef MUTATE_SOFT_IGNORES_LEASE
#define mayRenewSoft(i) isSoft(i)
#else
#define mayRenewSoft(i) (isSoft(i) && !isLeased(i))
#endif
#ifdef MUTATE_OWNER_WAITS
#define isHeldBy(i) false
#else
#define isHeldBy(i) (owner == i)
#endif

/* tokenRenewal.ts: the holder's own token is returned only if it is usable. */
#ifdef MUTATE_OWN_TOKEN_NOT_CHECKED
#define isOwnUsable(i) true
#else
#define isOwnUsable(i) isUsable(i)
#endif

/* tokenRenewal.ts: `deadline` of the call. */
#ifdef MUTATE_DEADLINE_WITHOUT_SKEW
#define isInTime(i) (untilLeft[i] > ahead[i])
#else
#define isInTime(i) (untilLeft[i] > SKEW + ahead[i])
#endif
#ifdef MUTATE_DEADLINE_NOT_CHECKED
#define mayCall(i) true
#else
#define mayCall(i) isInTime(i)
#endif

/* tokenStore.ts: `replace` writes only if the stored version is still the one that was seen. */
#ifdef MUTATE_CLAIM_WITHOUT_VERSION
#define claimReplaces(i) true
#else
#define claimReplaces(i) seen[i]
#endif
#ifdef MUTATE_COUNT_WITHOUT_VERSION
#define countReplaces(i) true
#else
#define countReplaces(i) seen[i]
#endif
#ifdef MUTATE_OUTCOME_WITHOUT_VERSION
#define outcomeReplaces(i) true
#else
#define outcomeReplaces(i) seen[i]
#endif

#define isWaiting(i) (at[i] == READ && !isUsable(i) && isLeased(i) && !isHeldBy(i))
#define waitsForItself(i) (at[i] == READ && owner == i && leaseLeft > ahead[i] && !isHeldBy(i))
#define isAtRest(i) (isWaiting(i) || (at[i] == READ && isUsable(i)))

/*
 * With PROMPT nobody crashes, no response is lost, and a holder ends before its deadline. Then there is
 * exactly one gettoken for each token that ends, and for each gettoken or secret that fails.
 */
#ifdef PROMPT
#define mayFail false
#define mayRefuse true
#else
#define mayFail (!well)
#define mayRefuse (!well)
#endif

#define isCalling(i) (at[i] == CALLING && isInTime(i))
/* A claim is stored for it, and it may call by its own clock. */
#define isHolder(i) ((at[i] == COUNT || at[i] == CALL || at[i] == CALLING) && isInTime(i))

/* Reads the record again, and finds its own lease if there is one. */
inline readAgain(i) {
	at[i] = READ; reported[i] = NONE; drops[i] = false; reports[i] = false; seen[i] = false; untilLeft[i] = 0;
	overtaken[i] = false
}

/* The request ends, also by a crash. No other request has its name, so nobody owns its lease. */
inline leave(i) {
	if
	:: owner == i -> owner = DEAD
	:: else
	fi;
	readAgain(i)
}

/*
 * A write of `i` replaces the record: nobody else has seen this version. A write of another instance
 * that can only fail now fails at once. It changes nothing, and a new request can do all that its
 * request can do.
 */
inline replaced(i, j) {
	for (j : 0 .. INSTANCES - 1) {
		seen[j] = (j == i);
		if
		:: j != i && ((at[j] == CLAIM && !claimReplaces(j)) ||
			(at[j] == COUNT && !countReplaces(j)) ||
			((at[j] == STORE || at[j] == RELEASE) && !outcomeReplaces(j))) -> leave(j)
		:: else
		fi
	};
	j = 0
}

inline releaseLease() { owner = NOBODY; leaseLeft = 0 }

/*
 * The response to a write that was applied: it comes, or it is lost. Then the SDK sends the write again,
 * and it fails on the version of the first; or the request ends.
 */
inline hear(i, next) {
	if
	:: at[i] = next
	:: mayFail -> readAgain(i)
	:: mayFail -> leave(i)
	fi
}

/* With PRINT, each decision of nextStep, which tests/models/conformance.test.ts compares with the code. */
#ifdef PRINT
#define decide(i, step, mayReplace) printf("next %d %d %d %d %d %d %d\n", \
	step, tokenLeft, leaseLeft, owner == i, \
	(reported[i] == STORED -> 2 : (reported[i] == OLDER -> 1 : 0)), mayReplace, ahead[i])
#else
#define decide(i, step, mayReplace) skip
#endif
#define USE 0
#define RENEW_AHEAD 1
#define WAIT 2
#define CONTINUE 3
#define RENEW 4

/* SharedToken.#acquire reads the record, and nextStep decides. A request may report any token. */
inline readRecord(i) {
	if
	:: reported[i] = NONE
	:: !well && tokenLeft > 0 -> reported[i] = STORED
	:: !well -> reported[i] = OLDER
	fi;
	if
	:: isUsable(i) && !isReported(i) -> useOrRenew(i, true)
	:: isUsable(i) && isReported(i) && mayFail -> useOrRenew(i, false) /* mayReplaceRejected is false */
	:: (!isUsable(i) || isReported(i)) && isLeased(i) && !isHeldBy(i) -> decide(i, WAIT, true); leave(i)
	:: (!isUsable(i) || isReported(i)) && isLeased(i) && isHeldBy(i) ->
		/* The response to its claim or count was lost: TokenRenewal.renew goes on with the lease. */
		decide(i, CONTINUE, true);
		at[i] = COUNT; reported[i] = NONE; seen[i] = true; untilLeft[i] = leaseLeft
	:: (!isUsable(i) || isReported(i)) && !isLeased(i) -> decide(i, RENEW, true); claim(i)
	fi
}

inline useOrRenew(i, mayReplace) {
	/* No token is returned that has ended for WeCom, whatever the clocks say. */
	assert(tokenLeft > tokenAhead);
	/* A token is returned to nobody after the claim for a report about it. */
	assert(!isRejected);
	if
	:: mayRenewSoft(i) -> decide(i, RENEW_AHEAD, mayReplace); reported[i] = NONE; claim(i) /* #renewAhead, in the background */
	:: else -> decide(i, USE, mayReplace); leave(i)
	fi
}

/* TokenRenewal.#claim */
inline claim(i) {
	at[i] = CLAIM;
	seen[i] = true;
	untilLeft[i] = LEASE + ahead[i];
	drops[i] = isUsable(i) && isDropped(i);
	reports[i] = isUsable(i) && isReported(i)
}

inline writeClaim(i, j) {
	/* A gettoken is only for a token that ends or was reported; a late report causes none. */
	assert(tokenLeft <= SOFT_MARGIN + SKEW || reported[i] == STORED);
	isRejected = isRejected || reports[i];
	/* A token is dropped only if it is the one that was reported. */
	assert(!drops[i] || reported[i] == STORED);
	if
	:: drops[i] -> tokenLeft = 0; tokenAhead = 0; isRejected = false
	:: else
	fi;
	drops[i] = false;
	reports[i] = false;
	reported[i] = NONE;
	leaseLeft = untilLeft[i];
	owner = (leaseLeft > 0 -> i : NOBODY);
	replaced(i, j);
	hear(i, COUNT)
}

inline writeCount(i, j) {
	replaced(i, j);
	hear(i, CALL)
}

/* The check of the deadline and the call are one step, as in the code. */
inline call(i, j) {
	if
	:: mayCall(i) ->
		/* Never two gettoken at the same time. */
		for (j : 0 .. INSTANCES - 1) { assert(!isCalling(j)) };
		j = 0;
#ifdef PROMPT
		/* Exactly one gettoken for each token, or after one that failed. */
		assert(!called);
		called = true;
#endif
		at[i] = CALLING
	:: else ->
#ifdef PROMPT
		assert(false); /* A holder that works within HOLDER_WORK_MS is never too late. */
#endif
		release(i)
	fi
}

/* A token came. Its write needs the version that was counted. */
inline answered(i) {
	if
	:: outcomeReplaces(i) -> at[i] = STORE; untilLeft[i] = 0
	:: else -> leave(i)
	fi
}

inline release(i) {
	if
	:: outcomeReplaces(i) -> at[i] = RELEASE; untilLeft[i] = 0; overtaken[i] = false
	:: else -> leave(i)
	fi
}

inline writeToken(i, j) {
	/* The token of a slow holder never replaces a newer one. */
	assert(!overtaken[i]);
	if
	:: tokenLeft = FAR
	:: mayFail -> tokenLeft = 0 /* the holder was slow: it has ended since */
	fi;
	tokenAhead = (tokenLeft > 0 -> ahead[i] : 0);
	isRejected = false;
	/* The holder returns its token only while it is good. */
	assert(!isOwnUsable(i) || tokenLeft > tokenAhead);
#ifndef MUTATE_TOKEN_KEEPS_LEASE
	releaseLease();
#endif
	called = false;
	replaced(i, j);
	for (j : 0 .. INSTANCES - 1) {
		if
		:: reported[j] == STORED -> reported[j] = OLDER
		:: else
		fi;
		overtaken[j] = (at[j] == CALLING || at[j] == STORE)
	};
	j = 0;
	leave(i)
}

inline writeRelease(i, j) {
#ifndef MUTATE_LEASE_NOT_RELEASED
	releaseLease();
#endif
	called = false;
	replaced(i, j);
	leave(i)
}

proctype instance(byte i) {
	byte j;
	do
	:: atomic { at[i] == READ && !(well && isAtRest(i)) -> readRecord(i) }
	:: atomic { at[i] == CLAIM -> writeClaim(i, j) }
	:: atomic { at[i] == COUNT -> writeCount(i, j) }
	:: atomic { at[i] == COUNT && mayRefuse -> release(i) } /* no secret */
	:: atomic { at[i] == CALL -> call(i, j) }
	:: atomic { isCalling(i) -> answered(i) }
	:: atomic { at[i] == CALLING && (mayRefuse || !isInTime(i)) -> release(i) }
	:: atomic { at[i] == STORE -> writeToken(i, j) }
	:: atomic { at[i] == RELEASE -> writeRelease(i, j) }
	/* A crash, and a request that ends early. */
	:: atomic { (at[i] != READ || owner == i) && mayFail -> leave(i) }
	od
}

/* A holder works within HOLDER_WORK_MS. */
#define isPrompt(i) (at[i] == READ || LEASE + ahead[i] - untilLeft[i] + 1 < HOLDER_WORK)

#if INSTANCES == 3
#define all(is) (is(0) && is(1) && is(2))
#define any(is) (is(0) || is(1) || is(2))
#define two(is) ((is(0) && is(1)) || (is(0) && is(2)) || (is(1) && is(2)))
#else
#define all(is) (is(0) && is(1))
#define any(is) (is(0) || is(1))
#define two(is) all(is)
#endif

#ifdef PROMPT
#define mayTick all(isPrompt)
#else
#define mayTick (!well || all(isAtRest))
#endif

#define later(left) left = (left > 0 -> left - 1 : 0)

proctype time() {
	byte j;
	do
	:: atomic { mayTick ->
		/* Never two holders that both may call by their own clocks. */
		assert(!two(isHolder));
		/* A lease is left behind only by a crash or a lost response, and its owner never waits for it. */
#ifdef PROMPT
		assert(owner != DEAD);
#endif
		assert(!any(waitsForItself));
		later(leaseLeft);
		if
		:: leaseLeft == 0 -> owner = NOBODY
		:: else
		fi;
		if
		:: tokenLeft == FAR && !well -> skip
		:: later(tokenLeft)
		fi;
		if
		:: tokenLeft <= HARD -> tokenLeft = 0; tokenAhead = 0; isRejected = false
		:: else
		fi;
		for (j : 0 .. INSTANCES - 1) {
			later(untilLeft[j]);
			if
			/* Of a claim that is stored, only the deadline of the call counts. */
			:: at[j] != CLAIM && !isInTime(j) -> untilLeft[j] = 0
			:: else
			fi
		};
		j = 0;
		if
		:: well ->
			/* After every fault has ended, nobody waits longer than one lease of another clock. */
			assert(wellTicks <= LEASE + SKEW || !any(isWaiting));
			wellTicks = (wellTicks <= LEASE + SKEW -> wellTicks + 1 : wellTicks)
		:: else
		fi }
#ifdef RECOVERY
	/* From any state, all faults end. */
	:: atomic { !well -> well = true }
#endif
	od
}

init {
	atomic {
		/* ahead[0] stays 0. */
		byte middle = 0;
		byte most = SKEW;
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
