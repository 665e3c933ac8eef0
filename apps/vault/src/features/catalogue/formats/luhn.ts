/** ISO/IEC 7812-1, annex B: every second digit from the right is doubled, and the sum of all digits ends in zero. */
export function luhnSum(digits: string): number {
  let sum = 0;
  for (let fromRight = 0; fromRight < digits.length; fromRight++) {
    const digit = Number(digits[digits.length - 1 - fromRight]);
    sum += fromRight % 2 === 1 ? doubled(digit) : digit;
  }
  return sum % 10;
}

/** The digit that belongs at a place of which the text has a zero, so that the whole passes. */
export function luhnDigit(digits: string, at: number): string {
  const missing = (10 - luhnSum(digits)) % 10;
  const isDoubled = (digits.length - 1 - at) % 2 === 1;
  // Doubling permutes the ten digits, so exactly one fits wherever it stands.
  const fits = (digit: number) => (isDoubled ? doubled(digit) : digit) === missing;
  return String([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find(fits));
}

function doubled(digit: number): number {
  return digit > 4 ? digit * 2 - 9 : digit * 2;
}
