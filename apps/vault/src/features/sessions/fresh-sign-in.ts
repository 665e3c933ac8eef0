/** How long ago somebody may have signed in for what a session that lies open must not do. */
export const FRESH_SECONDS = 300;

export function isFresh({ authenticatedAt }: { readonly authenticatedAt: Date }, now: number): boolean {
  // A moment that can't be read is not recent.
  return now - authenticatedAt.getTime() <= FRESH_SECONDS * 1_000;
}
