import { person, staff } from '@integument/authz';
import { type Audience, defineRoute } from '@integument/contracts';
import { expect, test } from 'vitest';
import { checkFactor } from './second-factor.js';

const half = staff({ id: 'a', session: 's', roles: ['admin'] });
const whole = staff({ id: 'a', session: 's', roles: ['admin'], secondFactorAt: new Date() });
const route = (audience: Audience[], factor?: 'optional') =>
  defineRoute({
    id: 'things.look',
    method: 'GET',
    path: '/',
    summary: '',
    tag: '',
    audience,
    ...(factor && { factor }),
  });

test('staff with one factor get in where the route says so, or where they are as good as anybody', () => {
  for (const open of [route(['staff'], 'optional'), route(['public'])]) {
    expect(() => {
      checkFactor(open, half);
    }).not.toThrow();
  }
});

test.each([[['staff']], [['person', 'staff']], [['public', 'staff']], [['person']]] as [Audience[]][])(
  'and nowhere else: %j',
  (audience) => {
    expect(() => {
      checkFactor(route(audience), half);
    }).toThrow('auth.factor_required');
    for (const caller of [whole, person({ id: 'p', session: 's' }), null]) {
      expect(() => {
        checkFactor(route(audience), caller);
      }).not.toThrow();
    }
  },
);
