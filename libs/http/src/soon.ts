/** Here already, or on its way: a promise for every request would cost more than what it would wait for. */
export type Soon<T> = T | Promise<T>;

/** `await` without a promise where none is needed. */
export function andThen<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
