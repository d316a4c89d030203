import { topology } from 'millrace'

interface Payment {
  id: string
  cents: number
}

export default topology('dedup', (builder) => {
  const payments = builder.stream<string, Payment>('payments')

  const once = payments.distinctBy((payment) => payment.id, { within: '1d' })

  once.to('payments-once')
})
