export { type Address, type Addressee, Addressees } from './addressees.js';
export { IndexKeeper } from './index-keeper.js';
export { BROKEN, personBroken, personNotFound } from './people.errors.js';
export { PeopleModule } from './people.module.js';
export { CONSOLE, inRegions, type KnownPerson, PeopleStore } from './people.store.js';
export { PeopleEnroller } from './people-enroller.js';
export { PersonValues } from './person-values.js';
export { type KeyHolder, PersonSealer } from './sealed-person.js';
