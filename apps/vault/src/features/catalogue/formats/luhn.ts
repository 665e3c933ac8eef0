/** ISO/IEC 7812-1, annex B: every second digit from the right is doubled, and the sum of all digits ends in zero. */
export function luhnSum(digits: string): number {
  let sum = 0;
  for (let fromRight = 0; fromRight < digits.length; fromRight++) {
    const digit = Number(digits[digits.length - 1 - fromRight]);
    sum += fromRight % 2 === 1 ? doubled(digit) : digit;
  }
  return sum % 10;
}

/** The digit that makes the whole pass when it stands where the text has a zero: at a place that is not doubled. */
export function luhnDigit(digits: string): string {
  return String((10 - luhnSum(digits)) % 10);
}

function doubled(digit: number): number {
  return digit > 4 ? digit * 2 - 9 : digit * 2;
}
