import fc from 'fast-check';

// Every surviving mutant runs all the tests that reach it. What a property has not found in the first
// seconds it hardly finds later.
fc.configureGlobal({ interruptAfterTimeLimit: 3_000 });
