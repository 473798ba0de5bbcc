import fc from 'fast-check';

// A surviving mutant runs all the tests that reach it, and a property rarely finds one after ten seconds.
fc.configureGlobal({ interruptAfterTimeLimit: 10_000 });
