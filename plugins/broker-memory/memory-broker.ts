// One client's view of a cluster: the Broker port.

import type {
  Admin,
  Broker,
  Fetcher,
  FetcherOptions,
  GroupMember,
  MemberOptions,
  Producer,
  ProducerOptions,
} from '../../framework/index.ts'
import { MemoryAdmin } from './memory-admin.ts'
import type { MemoryCluster } from './memory-cluster.ts'
import { MemoryFetcher } from './memory-fetcher.ts'
import { MemoryMember } from './memory-member.ts'
import { directNetwork, type MemoryNetwork } from './memory-network.ts'
import { MemoryProducer } from './memory-producer.ts'

export class MemoryBroker implements Broker {
  readonly admin: Admin
  private readonly cluster: MemoryCluster
  private readonly clientId: string
  private readonly network: MemoryNetwork
  private readonly opened: (MemoryFetcher | MemoryProducer)[] = []
  private readonly members: MemoryMember[] = []

  constructor(cluster: MemoryCluster, clientId: string, network: MemoryNetwork = directNetwork) {
    this.cluster = cluster
    this.clientId = clientId
    this.network = network
    this.admin = new MemoryAdmin(cluster, network)
  }

  async connect(): Promise<void> {}

  fetcher(options: FetcherOptions): Fetcher {
    const fetcher = new MemoryFetcher(this.cluster, options)
    this.opened.push(fetcher)
    return fetcher
  }

  producer(options: ProducerOptions): Producer {
    const producer = new MemoryProducer(this.cluster, this.network, options)
    this.opened.push(producer)
    return producer
  }

  member(options: MemberOptions): GroupMember {
    const member = new MemoryMember(this.cluster.coordinator(options.groupId), this.network, options, options.clientId || this.clientId)
    this.members.push(member)
    return member
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.leave()))
    await Promise.all(this.opened.map((part) => part.close()))
  }

  /**
   * As if the process had died: nothing more is sent, members stop their heartbeats without leaving, so that the group notices
   * after their session timeout.
   */
  crash(): void {
    for (const member of this.members) member.crash()
    for (const part of this.opened) part.crash()
  }
}
