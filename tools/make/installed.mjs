/** Whether a version such as 20.19.0 is at least another one. */
export function isNewEnough(version, needed) {
  const [have, want] = [version, needed].map((text) => text.split('.').map(Number));
  for (const [at, number] of want.entries()) {
    if (have[at] !== number) return have[at] > number;
  }
  return true;
}

/**
 * Whether everything of package-lock.json stands in npm's own list of node_modules in the same version. Optional packages
 * may be missing: most of them are builds for other platforms.
 */
export function isInstalled(lock, list) {
  if (!list) return false;
  return Object.entries(lock.packages).every(([path, { version, optional, devOptional }]) => {
    const found = list.packages[path];
    return path === '' || (found ? found.version === version : Boolean(optional || devOptional));
  });
}
