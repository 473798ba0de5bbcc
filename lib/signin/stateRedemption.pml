/*
 * The redemption of one state, as a model that spin explores whole: `npm run models`. docs/models.md has
 * the results.
 *
 * It mirrors redeem.ts (the steps of a request), stateStore.ts (the conditions of the writes) and
 * stateRecord.ts (`replayed`).
 *
 * What is abstracted, and why that loses nothing:
 *
 * - A request comes with any time by its own clock, however long ago it began and however clocks
 *   differ. So there is no clock here, and a request can be slow before every step. A unit of time is the
 *   replay window.
 * - A request has one of two codes, and is right or wrong in one thing. Code compares each for equality.
 * - Any number of requests; INSTANCES at a time are between their redemption and their outcome. A crash
 *   or an answer ends one, and the next has another redemption id. A late write is the write of a slow
 *   request. A write of `consume` that the SDK sent twice may also arrive after everything else
 *   (`echo`): its condition can hold again after a release. The other writes name the redemption, but for a
 *   release that was sent twice, whose second write changes nothing.
 * - DynamoDB may delete the item at any time, also before its TTL.
 * - A member is the code that stands for it: a second identity is a second code.
 * - Not here: the session key (before `consume`), and the members that an instance remembers (by
 *   redemption id, so they are the same).
 */

#ifndef INSTANCES
#define INSTANCES 3
#endif

#define WINDOW 1  /* REPLAY_WINDOW_MS */
#define EXPIRES 2 /* expiresAt */
#define LATEST 3

#define NOBODY 255
#define GONE 254 /* a redemption whose request has ended */

mtype = {
	IDLE,    /* no request, or one before its redemption */
	LOST,    /* `consume` was applied, and its response was lost */
	REDEEM,  /* is the effective redemption, and calls WeCom */
	RELEASE, /* the code is not spent */
	READ,    /* has a userid, and reads the member */
	RESOLVE  /* writes the outcome */
};
mtype = { RIGHT, OTHER_CORP, OTHER_AGENT, OTHER_VERIFIER };
mtype = { NONE, A, B, REFUSAL, NEITHER };

/* The stored item (StateRecord). */
bool exists = true;
byte redemption = NOBODY; /* redemption.id */
byte redeemedAt;          /* redemption.at */
mtype redeemedCode = NONE;
mtype reservedFor = NONE;
mtype outcome = NONE;     /* A or B: the userid */

/* WeCom: which code is spent. */
bool spentA;
bool spentB;

/* The requests. */
mtype at[INSTANCES] = IDLE;
mtype code[INSTANCES] = NONE;
mtype result[INSTANCES] = NONE; /* what it resolves with */

/* The first attempt of a `consume` that the SDK has sent again, and that has not arrived yet. */
mtype echoCode = NONE;
byte echoAt;
byte echoOf = NOBODY;

/* Only for the properties. */
bool called;              /* WeCom was called for the redemption, and it was not released since */
mtype effectiveCode = NONE; /* the code of the first redemption */
mtype member = NONE;      /* whom an answer has named */

/* stateStore.ts: the condition of `consume`. */
#ifdef MUTATE_CONSUME_TWICE
#define notRedeemed true
#else
#define notRedeemed (redemption == NOBODY)
#endif
#ifdef MUTATE_CONSUME_EXPIRED
#define notExpired(began) true
#else
#define notExpired(began) (EXPIRES > began)
#endif
#ifdef MUTATE_CONSUME_OTHER_CORP
#define sameCorp(kind) true
#else
#define sameCorp(kind) (kind != OTHER_CORP)
#endif
#ifdef MUTATE_CONSUME_OTHER_AGENT
#define sameAgent(kind) true
#else
#define sameAgent(kind) (kind != OTHER_AGENT)
#endif
#ifdef MUTATE_CONSUME_OTHER_VERIFIER
#define sameVerifier(kind) true
#else
#define sameVerifier(kind) (kind != OTHER_VERIFIER)
#endif
#ifdef MUTATE_CONSUME_OTHER_CODE
#define notReserved(code) true
#else
#define notReserved(code) (reservedFor == NONE || reservedFor == code)
#endif
#define mayConsume(kind, code, began) \
	(exists && notRedeemed && notExpired(began) && sameCorp(kind) && sameAgent(kind) && sameVerifier(kind) && notReserved(code))

/* stateStore.ts: the conditions of `release` and `resolve`. */
#ifdef MUTATE_RELEASE_OF_ANOTHER
#define mayRelease(i) (redemption != NOBODY)
#else
#ifdef MUTATE_RELEASE_WITHOUT_ITEM
#define mayRelease(i) (redemption == i || redemption == NOBODY)
#else
#define mayRelease(i) (redemption == i || (redemption == NOBODY && reservedFor == code[i]))
#endif
#endif
#ifdef MUTATE_RESOLVE_OF_ANOTHER
#define mayResolve(i) (redemption != NOBODY)
#else
#ifdef MUTATE_RESOLVE_WITHOUT_ITEM
#define mayResolve(i) (redemption == i || !exists)
#else
#define mayResolve(i) (redemption == i)
#endif
#endif

/* stateRecord.ts: `replayed`. */
#ifdef MUTATE_REPLAY_OTHER_CORP
#define replaysCorp(kind) true
#else
#define replaysCorp(kind) (kind != OTHER_CORP)
#endif
#ifdef MUTATE_REPLAY_OTHER_AGENT
#define replaysAgent(kind) true
#else
#define replaysAgent(kind) (kind != OTHER_AGENT)
#endif
#ifdef MUTATE_REPLAY_OTHER_VERIFIER
#define replaysVerifier(kind) true
#else
#define replaysVerifier(kind) (kind != OTHER_VERIFIER)
#endif
#ifdef MUTATE_REPLAY_OTHER_CODE
#define replaysCode(code) true
#else
#define replaysCode(code) (code == redeemedCode)
#endif
#ifdef MUTATE_REPLAY_AFTER_WINDOW
#define replaysInTime(began) true
#else
#define replaysInTime(began) (began < redeemedAt + WINDOW)
#endif
#define isReplay(kind, code, began) (exists && redemption != NOBODY && replaysCorp(kind) && \
	replaysAgent(kind) && replaysVerifier(kind) && replaysCode(code) && replaysInTime(began))
/* redeem.ts: a replay with the request's own id is the request's own redemption. */
#ifdef MUTATE_REPLAY_CALLS_WECOM
#define isOwn(i) true
#else
#define isOwn(i) (redemption == i)
#endif

/* redeem.ts: leavesCodeUnspent */
#ifdef MUTATE_RELEASE_AFTER_SILENCE
#define silence RELEASE
#else
#define silence RESOLVE
#endif

#define isSpent(code) ((code == A && spentA) || (code == B && spentB))

/* The request ends. No other has its redemption id. */
inline leave(i) {
	if
	:: redemption == i -> redemption = GONE
	:: else
	fi;
	if
	:: echoOf == i -> echoOf = GONE
	:: else
	fi;
	at[i] = IDLE; code[i] = NONE; result[i] = NONE
}

inline redeemed(id, itsKind, itsCode, itsTime) {
	/* A wrong app or verifier never redeems. */
	assert(itsKind == RIGHT);
	/* After a release, the same code redeems, and no other. */
	assert(effectiveCode == NONE || effectiveCode == itsCode);
	/* A request that begins when the state has expired by its clock never redeems. */
	assert(itsTime < EXPIRES);
	effectiveCode = itsCode;
	redemption = id;
	redeemedAt = itsTime;
	redeemedCode = itsCode
}

/* Any request comes, with its `consume`. If that fails, it looks for the redemption that came first. */
inline consume(i, itsKind, itsCode, itsTime) {
	if
	:: mayConsume(itsKind, itsCode, itsTime) ->
		redeemed(i, itsKind, itsCode, itsTime);
		code[i] = itsCode;
		if
		:: at[i] = REDEEM
		:: at[i] = LOST /* the SDK's second attempt fails on the first */
		:: echoCode == NONE -> /* the second attempt came first */
			echoCode = itsCode; echoAt = itsTime; echoOf = i;
			at[i] = REDEEM
		:: leave(i)
		fi
	:: else -> replay(i, itsKind, itsCode, itsTime)
	fi
}

/* The first attempt arrives at last. It was sent by a request that was right. */
inline arrive() {
	if
	:: mayConsume(RIGHT, echoCode, echoAt) -> redeemed(echoOf, RIGHT, echoCode, echoAt)
	:: else
	fi;
	echoCode = NONE; echoAt = 0; echoOf = NOBODY
}

/* Redeemer.#waitForReplay and #readAgain. Without an outcome it waits, as a new request would. */
inline replay(i, itsKind, itsCode, itsTime) {
	if
	:: isReplay(itsKind, itsCode, itsTime) && isOwn(i) -> at[i] = REDEEM; code[i] = itsCode
	:: isReplay(itsKind, itsCode, itsTime) && !isOwn(i) && (outcome == A || outcome == B) ->
		/* Only an equal request gets the member again. */
		assert(itsKind == RIGHT && itsCode == effectiveCode);
		/* Only within the window, by its clock. */
		assert(itsTime < redeemedAt + WINDOW);
		/* Only after the redemption has an outcome of its own. */
		assert(called);
		answer(outcome);
		leave(i)
	:: else -> leave(i)
	fi
}

inline answer(who) {
	/* Never a second identity. */
	assert(member == NONE || member == who);
	member = who
}

inline spend(i) {
	if
	:: code[i] == A -> spentA = true
	:: code[i] == B -> spentB = true
	fi
}

/* auth/getuserinfo */
inline redeem(i) {
	/* At most one redemption calls WeCom, unless it was released unspent. */
	assert(!called);
	called = true;
	if
	:: !isSpent(code[i]) -> spend(i); at[i] = READ
	:: !isSpent(code[i]) -> spend(i); at[i] = silence; result[i] = NEITHER /* the answer is lost */
	:: at[i] = silence; result[i] = NEITHER /* the request may have arrived */
	:: !isSpent(code[i]) -> at[i] = RELEASE /* WeCom is busy, or got no request */
	:: at[i] = RESOLVE; result[i] = REFUSAL
	fi
}

inline release(i) {
	if
	:: mayRelease(i) ->
		/* Only the holder releases, and only an unspent code. A second attempt changes nothing. */
		assert(redemption == NOBODY || (redemption == i && !isSpent(redeemedCode)));
		/* A deleted item does not come back. */
		assert(exists);
#ifndef MUTATE_RELEASE_WITHOUT_RESERVATION
		reservedFor = code[i];
#endif
		redemption = NOBODY; redeemedAt = 0; redeemedCode = NONE;
		called = false;
		if
		:: leave(i)
		:: skip /* the response was lost: the SDK sends it again */
		:: at[i] = RESOLVE; result[i] = NEITHER /* it is lost for good */
		fi
	:: else -> at[i] = RESOLVE; result[i] = NEITHER
	fi
}

/*
 * user/get: the outcome is the userid, also if this fails. A member who left is a refusal. The answer does
 * not wait until the outcome is written (`waitUntil`).
 */
inline read(i) {
	if
	:: at[i] = RESOLVE; result[i] = code[i]
	:: at[i] = RESOLVE; result[i] = code[i]; answer(code[i])
	:: at[i] = RESOLVE; result[i] = REFUSAL
	fi
}

inline resolve(i) {
	if
	:: mayResolve(i) ->
		/* An outcome belongs to the effective redemption, and a deleted item does not come back. */
		assert(exists && redemption == i);
		outcome = result[i]
	:: skip /* the write failed, or is lost */
	fi;
	if
	:: result[i] == A || result[i] == B -> answer(result[i])
	:: else
	fi;
	leave(i)
}

proctype request(byte i) {
	mtype itsKind = RIGHT;
	mtype itsCode = NONE;
	byte itsTime;
	do
	:: atomic { at[i] == IDLE ->
		if
		:: itsCode = A
		:: itsCode = B
		fi;
		if
		:: itsKind = RIGHT
		:: itsKind = OTHER_CORP
		:: itsKind = OTHER_AGENT
		:: itsKind = OTHER_VERIFIER
		fi;
		select(itsTime : 0 .. LATEST);
		consume(i, itsKind, itsCode, itsTime);
		itsKind = RIGHT; itsCode = NONE; itsTime = 0 }
	/* It was not told, and reads the record with what it sent. */
	:: atomic { at[i] == LOST ->
		itsTime = redeemedAt;
		replay(i, RIGHT, code[i], itsTime);
		itsTime = 0 }
	:: atomic { at[i] == REDEEM -> redeem(i) }
	:: atomic { at[i] == RELEASE -> release(i) }
	:: atomic { at[i] == READ -> read(i) }
	:: atomic { at[i] == RESOLVE -> resolve(i) }
	/* A crash at any step. */
	:: atomic { at[i] != IDLE -> leave(i) }
	od
}

/* What nobody decides: a write that arrives late, and DynamoDB's TTL. */
proctype world() {
	do
	:: atomic { echoCode != NONE -> arrive() }
	:: atomic { exists ->
		exists = false; redemption = NOBODY; redeemedAt = 0; redeemedCode = NONE;
		reservedFor = NONE; outcome = NONE }
	od
}

init {
	byte i;
	atomic {
		for (i : 0 .. INSTANCES - 1) { run request(i) };
		i = 0;
		run world()
	}
}
