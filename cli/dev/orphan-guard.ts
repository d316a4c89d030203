// Ends the process of an app when `millrace dev` is gone, however it went: its end of standard input is closed then. It is a thread of its own, so that an
// app in an endless loop is ended too. There is nothing left to commit to: the broker went with `millrace dev`, and a crash loses nothing.

import { Socket } from 'node:net'

const standardInput = 0

const parent = new Socket({ fd: standardInput, readable: true, writable: false })
const end = (): void => {
  process.kill(process.pid, 'SIGKILL')
}
parent.on('close', end).on('error', end)
parent.resume()
