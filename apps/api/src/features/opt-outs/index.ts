export { OPT_OUT_TOPIC, OptOutNotes } from './opt-out-notes.js';
export { OptOutsModule } from './opt-outs.module.js';
export { RecipientsHeard } from './recipients-heard.js';
