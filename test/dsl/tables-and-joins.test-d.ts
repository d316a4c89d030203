import { expectTypeOf, test } from 'vitest'
import type {
  CountWindowedCogroupedKStream,
  GlobalKTable,
  KGroupedTable,
  KStream,
  KTable,
  Late,
  SessionWindowedCogroupedKStream,
  StreamsBuilder,
  Windowed,
} from '../../framework/index.ts'
import { globalWindow, mean, onCount, session, sliding, tumbling, tumblingCount, within } from '../../framework/index.ts'

interface Order {
  readonly customer: string
  readonly amount: number
}

interface Customer {
  readonly name: string
}

declare const builder: StreamsBuilder
const orders = builder.stream<string, Order>('orders')
const customers = builder.table<string, Customer>('customers')

test('a stream read as a table has no null rows, but can lose rows', () => {
  expectTypeOf(builder.stream<string, Order | null>('latest').toTable()).toEqualTypeOf<KTable<string, Order, null>>()
})

test('a grouped table carries the new key and value', () => {
  const grouped = customers.groupBy((customer, key) => [customer.name, key.length])
  expectTypeOf(grouped).toEqualTypeOf<KGroupedTable<string, number>>()
  expectTypeOf(grouped.count()).toEqualTypeOf<KTable<string, number, never>>()
  expectTypeOf(
    grouped.reduce(
      (a, b) => a + b,
      (a, b) => a - b,
    ),
  ).toEqualTypeOf<KTable<string, number, never>>()
  expectTypeOf(
    grouped.aggregate(
      () => '',
      (aggregate, value) => aggregate + value.toFixed(),
      (aggregate) => aggregate,
    ),
  ).toEqualTypeOf<KTable<string, string, never>>()
})

test('joins of tables by key see what may be missing', () => {
  const cities = builder.table<string, string>('cities')
  expectTypeOf(customers.join(cities, (customer, city, key) => `${customer.name}${city}${key}`)).toEqualTypeOf<KTable<string, string>>()
  customers.leftJoin(cities, (customer, city) => {
    expectTypeOf(customer).toEqualTypeOf<Customer>()
    expectTypeOf(city).toEqualTypeOf<string | null>()
  })
  customers.outerJoin(cities, (customer, city) => {
    expectTypeOf(customer).toEqualTypeOf<Customer | null>()
    expectTypeOf(city).toEqualTypeOf<string | null>()
  })
})

test('a join by a foreign key takes it from the left row, and keeps the left key', () => {
  const latest = builder.table<number, Order>('latest-orders')
  const joined = latest.join(
    customers,
    (order, key) => (key > 0 ? order.customer : null),
    (order, customer) => ({ ...order, name: customer.name }),
  )
  expectTypeOf(joined).toEqualTypeOf<KTable<number, { customer: string; amount: number; name: string }>>()
  // @ts-expect-error a foreign key is a key of the other table
  latest.join(
    customers,
    (order) => order.amount,
    (order) => order,
  )
})

test('joins of streams have a window', () => {
  const payments = builder.stream<string, number>('payments')
  expectTypeOf(orders.join(payments, (order, paid) => order.amount - paid, within('1h'))).toEqualTypeOf<KStream<string, number>>()
  orders.leftJoin(payments, (_order, paid) => expectTypeOf(paid).toEqualTypeOf<number | null>(), within('1h', { grace: '1m' }))
  orders.outerJoin(payments, (order) => expectTypeOf(order).toEqualTypeOf<Order | null>(), within('1h'))
  // @ts-expect-error the window is missing
  orders.join(payments, (order) => order)
})

test('a global table is joined by any key', () => {
  const all = builder.globalTable<number, Customer>('all-customers')
  expectTypeOf(all).toEqualTypeOf<GlobalKTable<number, Customer>>()
  expectTypeOf(
    orders.join(
      all,
      (order) => order.amount,
      (_order, customer) => customer.name,
    ),
  ).toEqualTypeOf<KStream<string, string>>()
  orders.leftJoin(
    all,
    (order) => order.amount,
    (_order, customer) => expectTypeOf(customer).toEqualTypeOf<Customer | null>(),
  )
})

test('sliding windows and sessions have windowed keys; sessions can be taken back', () => {
  const grouped = orders.groupByKey()
  expectTypeOf(grouped.windowedBy(sliding('1m')).count()).toEqualTypeOf<KTable<Windowed<string>, number, never>>()
  expectTypeOf(grouped.windowedBy(session('30m')).count()).toEqualTypeOf<KTable<Windowed<string>, number, null>>()
  expectTypeOf(grouped.windowedBy(session('30m')).aggregate({ average: mean((order) => order.amount) })).toEqualTypeOf<
    KTable<Windowed<string>, { average: number }, null>
  >()
  expectTypeOf(grouped.windowedBy(tumbling('1m'), { emit: 'final' }).count().suppress({ until: 'windowCloses' })).toEqualTypeOf<
    KTable<Windowed<string>, number, never>
  >()
})

test('the groups of a cogroup have one key and one aggregate', () => {
  const payments = builder.stream<string, number>('payments').groupByKey()
  const balances = orders
    .groupByKey()
    .cogroup((balance: number, order) => balance - order.amount)
    .cogroup(payments, (balance, paid) => {
      expectTypeOf(balance).toEqualTypeOf<number>()
      expectTypeOf(paid).toEqualTypeOf<number>()
      return balance + paid
    })
  expectTypeOf(balances.aggregate(() => 0)).toEqualTypeOf<KTable<string, number, never>>()
  expectTypeOf(balances.windowedBy(tumbling('1h')).aggregate(() => 0)).toEqualTypeOf<KTable<Windowed<string>, number, never>>()
  const late = balances.windowedBy(tumbling('1h', { closes: 'wallClock' }), { emit: 'final' }).late<Order | number>((records) => {
    expectTypeOf(records).toEqualTypeOf<KStream<string, Late<Order | number>>>()
  })
  expectTypeOf(late.aggregate(() => 0)).toEqualTypeOf<KTable<Windowed<string>, number, never>>()
  const visits = balances.windowedBy(session('30m')).late((records) => {
    expectTypeOf(records).toEqualTypeOf<KStream<string, Late<unknown>>>()
  })
  expectTypeOf(visits).toEqualTypeOf<SessionWindowedCogroupedKStream<string, number>>()
  const tens = balances.windowedBy(tumblingCount(10), { emit: 'updates' })
  expectTypeOf(tens).toEqualTypeOf<CountWindowedCogroupedKStream<string, number>>()
  expectTypeOf(tens.aggregate(() => 0)).toEqualTypeOf<KStream<Windowed<string>, number>>()
  expectTypeOf(balances.windowedBy(globalWindow(onCount(3))).aggregate(() => 0)).toEqualTypeOf<KStream<Windowed<string>, number>>()
})

test('processors carry the types of what they take and forward', () => {
  const lengths = orders.process<number, string>(() => ({
    process(record) {
      expectTypeOf(record.key).toEqualTypeOf<string>()
      expectTypeOf(record.value).toEqualTypeOf<Order>()
    },
  }))
  expectTypeOf(lengths).toEqualTypeOf<KStream<number, string>>()
  expectTypeOf(orders.processValues<number>(() => ({ process() {} }))).toEqualTypeOf<KStream<string, number>>()
})
