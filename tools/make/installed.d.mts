interface PackageList {
  packages: Record<string, { version?: string; optional?: boolean; devOptional?: boolean }>;
}

export function isNewEnough(version: string, needed: string): boolean;
export function isInstalled(lock: PackageList, list: PackageList | undefined): boolean;
