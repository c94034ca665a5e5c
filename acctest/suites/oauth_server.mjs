// An authorization server that others wrote (oidc-provider), and a client of it (oauth4webapi), at a gateway that takes its tokens.
// It writes a JSON line for each thing that it tried.
import * as oauth from 'oauth4webapi'
import Provider from 'oidc-provider'
import { Agent, fetch } from 'undici'
import fs from 'node:fs'
import http from 'node:http'

const { port, resource, other, folder } = JSON.parse(process.argv[2])
const issuer = `http://127.0.0.1:${port}`
console.info = console.error // notices of the library
const tell = (name, found) => console.log(JSON.stringify({ name, ...found }))

const clients = (...ids) => ids.map(client_id => ({
  client_id, client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [], id_token_signed_response_alg: 'ES256',
  dpop_bound_access_tokens: client_id === 'bound',
}))
const signing = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const key = { ...await crypto.subtle.exportKey('jwk', signing.privateKey), alg: 'ES256', use: 'sig', kid: 'theirs' }
delete key.key_ops
const provider = new Provider(issuer, {
  clients: clients('bound', 'free'), jwks: { keys: [key] }, clientBasedCORS: () => false, ttl: { ClientCredentials: 300 },
  features: {
    devInteractions: { enabled: false }, clientCredentials: { enabled: true },
    dPoP: { enabled: true, nonceSecret: crypto.getRandomValues(Buffer.alloc(32)), requireNonce: () => true },
    resourceIndicators: {
      enabled: true, useGrantedResource: () => true, defaultResource: () => resource,
      getResourceServerInfo: (_, audience) => ({ scope: 'use', audience, accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: 'ES256' } } }),
    },
  },
})
const server = http.createServer(provider.callback())
await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))

const plain = { [oauth.allowInsecureRequests]: true }
const over = new Agent({ connect: { ca: fs.readFileSync(folder + '/bundle.pem') } })
const gateway = { [oauth.customFetch]: (url, options) => fetch(url, { ...options, dispatcher: over }) }
let challenged = 0

async function twice(what) {
  try {
    return await what()
  } catch (e) {
    if (!oauth.isDPoPNonceError(e)) throw e
    challenged++
    return await what()
  }
}

const described = await oauth.resourceDiscoveryRequest(new URL(resource), gateway).then(r => oauth.processResourceDiscoveryResponse(new URL(resource), r))
tell('resource metadata', { resource: described.resource, issuer: described.authorization_servers.find(s => s === issuer) })
const as = await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oidc', ...plain }).then(r => oauth.processDiscoveryResponse(new URL(issuer), r))
const grant = (client, DPoP, audience = resource) => twice(async () => oauth.processClientCredentialsResponse(as, client,
  await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretBasic('secret'), { resource: audience, scope: 'use' }, { DPoP, ...plain })))

const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'greet', arguments: {} } })
async function call(token, DPoP, url = resource) {
  const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' })
  try {
    return await twice(async () => {
      const response = await oauth.protectedResourceRequest(token, 'POST', new URL(url), headers, message, { DPoP, ...gateway })
      return { status: response.status, body: await response.text() }
    })
  } catch (e) {
    if (!(e instanceof oauth.WWWAuthenticateChallengeError)) return { status: 0, error: `${e.message} ${e.cause}` }
    return { status: e.status, error: e.cause.find(c => c.parameters.error)?.parameters.error ?? 'nothing' }
  }
}

const bound = { client_id: 'bound' }, free = { client_id: 'free' }
const DPoP = oauth.DPoP(bound, await oauth.generateKeyPair('ES256'))
const token = await grant(bound, DPoP)
tell('used: a token bound to a key', { type: token.token_type, ...await call(token.access_token, DPoP) })
tell('nonces', { servers: challenged })
tell('used: the same with another proof', await call(token.access_token, DPoP))
tell('refused: the same with another key', await call(token.access_token, oauth.DPoP(bound, await oauth.generateKeyPair('ES256'))))
tell('refused: the same as a bearer token', await call(token.access_token))
tell('refused: the same at another target', await call(token.access_token, DPoP, other))
const elsewhere = await grant(bound, DPoP, 'https://elsewhere.example/mcp')
tell('refused: a token for another resource', await call(elsewhere.access_token, DPoP))
const unbound = await grant(free)
tell('refused: a token that is bound to nothing', { type: unbound.token_type, ...await call(unbound.access_token) })
tell('refused: a token that is bound to nothing, with a proof', await call(unbound.access_token, DPoP))
const [head, claims, signature] = token.access_token.split('.')
const changed = JSON.parse(Buffer.from(claims, 'base64url'))
changed.sub = 'somebody'
tell('refused: a token that was changed', await call([head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.'), DPoP))
const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const forged = Buffer.from(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, Buffer.from(`${head}.${claims}`))).toString('base64url')
tell('refused: a token that somebody else signed', await call([head, claims, forged].join('.'), DPoP))

// The keys that were fetched hold while the server is away.
await new Promise(resolve => { server.close(resolve); server.closeAllConnections() })
tell('used: with the authorization server away', await call(token.access_token, DPoP))
