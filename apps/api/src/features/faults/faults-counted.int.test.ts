import { staff } from '@integument/authz';
import { expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { FaultsService } from './faults.service.js';
import { FaultsStore } from './faults.store.js';

it('that faults were counted is an entry, of who asked and how many there were', async () => {
  const api = await TestApi.open();
  const faults = new FaultsService(new FaultsStore(), api.audit, api.unitOfWork);
  const admin = staff({ id: 'ssn-admin', session: 'ssn-admin', roles: ['admin'] });
  const { counts } = await faults.counts({ caller: admin, requestId: 'req-admin' });
  expect(await api.entries()).toMatchObject([
    {
      action: 'faults.count',
      outcome: 'done',
      requestId: 'req-admin',
      count: counts.length,
      actor: { kind: 'staff' },
    },
  ]);
  await api.close();
});
