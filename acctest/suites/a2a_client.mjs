// An A2A client of the official SDK for JavaScript: it follows the card at its first argument, sends a message and takes a stream, and is
// denied a refund. Then it verifies the card in the file of its second argument with the keys in that of its third.
import fs from 'node:fs'
import { verifyAgentCardSignature } from '@a2a-js/sdk'
import { ClientFactory } from '@a2a-js/sdk/client'
import * as jose from 'jose'

const [url, cardFile, keysFile] = process.argv.slice(2)
const client = await new ClientFactory().createFromUrl(url)
let count = 0
const message = skill => ({
  tenant: '',
  message: {
    messageId: `m${count++}`, contextId: '', taskId: '', role: 1, extensions: [], referenceTaskIds: [],
    metadata: { 'urn:agentward:a2a:skill': skill },
    parts: [{ content: { $case: 'text', value: 'please' }, metadata: undefined, filename: '', mediaType: 'text/plain' }],
  },
  configuration: undefined, metadata: undefined,
})
const sent = await client.sendMessage(message('report'))
console.log('sent', JSON.stringify(sent))
let events = 0
for await (const event of client.sendMessageStream(message('report'))) events += event ? 1 : 0
console.log('events', events)
try {
  await client.sendMessage(message('refund'))
  console.log('denied nothing')
} catch (e) {
  console.log('denied', e.message)
}
const set = JSON.parse(fs.readFileSync(keysFile, 'utf8'))
const keyOf = async kid => await jose.importJWK(set.keys.find(k => k.kid === kid), 'ES256')
const card = JSON.parse(fs.readFileSync(cardFile, 'utf8'))
await verifyAgentCardSignature(keyOf)(card)
console.log('verified')
card.skills[0].name = 'Evil'
try {
  await verifyAgentCardSignature(keyOf)(card)
  console.log('verified what was changed')
} catch {
  console.log('refused what was changed')
}
