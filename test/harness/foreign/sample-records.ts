import type { ForeignClient, PlainRecord } from './foreign-client.ts'

/** Keys, values and headers of every kind that the clients can express: text without tabs and line ends. */
export function sampleRecords(client: Pick<ForeignClient, 'nullHeaderValues'>): PlainRecord[] {
  const records: PlainRecord[] = [
    { key: 'plain', value: 'record', headers: [] },
    { key: null, value: 'no key', headers: [] },
    { key: 'no value', value: null, headers: [] },
    { key: null, value: null, headers: [['only', 'headers']] },
    { key: '', value: '', headers: [] },
    { key: 'žluťoučký kůň', value: '静かな海 🌊', headers: [['směr', 'východ']] },
    {
      key: 'headers',
      value: 'repeated',
      headers: [
        ['a', '1'],
        ['a', '2'],
        ['b', 'x'],
      ],
    },
    {
      key: 'headers',
      value: 'empty and null',
      headers: [
        ['empty', ''],
        ['null', null],
        ['last', '!'],
      ],
    },
    { key: 'large', value: 'lorem ipsum dolor sit amet '.repeat(8_000), headers: [] },
  ]
  for (let index = 0; index < 200; index++) {
    records.push({ key: `key-${index % 7}`, value: `value number ${index}`, headers: [['n', `${index}`]] })
  }
  return client.nullHeaderValues
    ? records
    : records.filter(({ headers }) => !headers.some(([, value]) => value === null))
}
