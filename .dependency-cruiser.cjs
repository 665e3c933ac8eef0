/**
 * Which code may know which. The direction is apps → libs; each rule says what it protects.
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: 'apps-stay-apart',
      comment:
        'The vault knows who, the API knows what skin. Code of one inside the other would put both into one process; they speak over HTTP, by the contracts in libs/contracts.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-know-no-app',
      comment: 'A library that knows an app drags it into the other app that uses the library.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|tools|bench)/' },
    },
    {
      name: 'apps-know-no-tool',
      comment:
        'Tools and benches drive the apps from outside; an app that needs one of them is not deployable without it.',
      severity: 'error',
      from: { path: '^apps/', pathNot: '\\.(test|fixture)\\.ts$' },
      to: { path: '^(tools|bench)/' },
    },
    {
      name: 'libs-only-by-their-index',
      comment:
        'What a library does not export may change any day. A framework-free core has an index of its own, for programs that must not load the rest.',
      severity: 'error',
      from: { path: '^(apps|libs|tools|bench)/([^/]+)/' },
      to: {
        path: '^libs/([^/]+)/src/',
        pathNot: ['^libs/[^/]+/src/(core/)?index\\.ts$', '^libs/$2/', '\\.fixture\\.ts$'],
      },
    },
    {
      name: 'core-without-framework',
      comment:
        'Cryptography, permissions, contracts and the log’s core must be readable and testable by somebody who knows no framework, and usable in an offline verifier that trusts nothing.',
      severity: 'error',
      from: { path: '^libs/(crypto|authz|contracts|audit-log/src/core)/' },
      to: {
        path: 'node_modules/(@nestjs|fastify|@fastify|typeorm|@nestjs/typeorm|pg|express|bullmq|winston|rxjs|reflect-metadata|undici|axios)(/|$)',
      },
    },
    {
      name: 'core-without-adapters',
      comment: 'The same through another library: the framework-free ones use only each other.',
      severity: 'error',
      from: { path: '^libs/(crypto|authz|contracts|audit-log/src/core)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^libs/', pathNot: '^libs/(crypto|authz|contracts|audit-log/src/core)/' },
    },
    {
      name: 'features-by-their-index',
      comment:
        'A feature’s index.ts says what others may rely on. Reaching past it ties two features together at places nobody decided on.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/src/features/([^/]+)/' },
      to: {
        path: '^apps/[^/]+/src/features/([^/]+)/',
        pathNot: ['^apps/[^/]+/src/features/$2/', '^apps/[^/]+/src/features/[^/]+/index\\.ts$'],
      },
    },
    {
      name: 'no-test-code-in-programs',
      comment: 'Test harnesses hold passwords and shortcuts.',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: ['\\.(test|contract|fixture)\\.ts$', '^apps/[^/]+/test/', '^libs/testing/'],
      },
      to: { path: '(^libs/testing/|\\.test\\.ts$|node_modules/vitest/)' },
    },
    {
      name: 'no-dev-package-in-programs',
      comment: 'The production image is installed without them: the program would not start there.',
      severity: 'error',
      from: {
        path: '^(apps|libs|tools/(audit|auditor|cli|verify|witness))/',
        pathNot: ['\\.(test|contract|fixture)\\.ts$', '^apps/[^/]+/test/', '^libs/testing/', '/testing/'],
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      comment:
        'In a circle nothing can be understood, tested or loaded before the rest. Types may point back.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that leads nowhere hides from every other rule here.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
