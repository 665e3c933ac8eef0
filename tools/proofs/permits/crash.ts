/** The API's process is gone: nothing after this point runs. */
export class Crash extends Error {
  override readonly name = 'Crash';
}
