export { PeopleEnroller } from './people-enroller.js';
export { PeopleModule } from './people.module.js';
export { peoplePolicy } from './people.policy.js';
export { CONSOLE } from './people.store.js';
