import fc from 'fast-check';

// A surviving mutant runs every test that reaches it. With ten seconds for each property, a thousand mutants
// of lib/permissions take a night; a property that notices a mutant mostly does so among its first inputs.
fc.configureGlobal({ interruptAfterTimeLimit: 1_500 });
