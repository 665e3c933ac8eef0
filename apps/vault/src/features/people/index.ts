export { PeopleModule } from './people.module.js';
export { peoplePolicy } from './people.policy.js';
export { CONSOLE, inRegions } from './people.store.js';
export { PeopleEnroller } from './people-enroller.js';
export { PersonSealer } from './sealed-person.js';
