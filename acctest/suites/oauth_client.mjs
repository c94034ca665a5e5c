// A client of the gateway's token service and of what it guards, made of oauth4webapi: it knows of the gateway only what the gateway
// publishes. It writes a JSON line for each thing that it tried.
import * as oauth from 'oauth4webapi'
import * as jose from 'jose'
import { Agent, fetch } from 'undici'
import fs from 'node:fs'

const { resource, other, agent, folder, stranger } = JSON.parse(process.argv[2])

const connection = folder => {
  const read = name => fs.readFileSync(folder + '/' + name)
  return new Agent({ connect: { ca: read('bundle.pem'), cert: read('svid.pem'), key: read('svid-key.pem') } })
}
const ours = connection(folder)
const theirs = connection(stranger)
const bare = new Agent({ connect: { ca: fs.readFileSync(folder + '/bundle.pem') } })
const over = dispatcher => ({ [oauth.customFetch]: (url, options) => fetch(url, { ...options, dispatcher }) })
const tell = (name, found) => console.log(JSON.stringify({ name, ...found }))

// twice does it, and again where a nonce was demanded: the library remembers it from the refusal.
async function twice(what) {
  try {
    return await what()
  } catch (e) {
    if (!oauth.isDPoPNonceError(e)) throw e
    return await what()
  }
}

// outcome is what came of something, in words that do not depend on the library.
async function outcome(what) {
  try {
    return await what()
  } catch (e) {
    if (e instanceof oauth.WWWAuthenticateChallengeError) {
      const said = e.cause.find(c => c.parameters.error)
      return { status: e.status, error: said?.parameters.error ?? 'nothing', metadata: e.cause[0].parameters.resource_metadata }
    }
    if (e instanceof oauth.ResponseBodyError) return { status: e.status, error: e.error }
    return { status: 0, error: `${e.name} ${e.code}: ${e.message} ${JSON.stringify(e.cause) ?? ''}` }
  }
}

// 1: from the URL of the resource to its authorization server.
const published = await oauth.resourceDiscoveryRequest(new URL(resource), over(ours))
  .then(r => oauth.processResourceDiscoveryResponse(new URL(resource), r))
tell('resource metadata', { resource: published.resource, servers: published.authorization_servers.length })
const issuer = new URL(published.authorization_servers[0])
const server = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...over(ours) })
  .then(r => oauth.processDiscoveryResponse(issuer, r))
tell('server metadata', { methods: server.token_endpoint_auth_methods_supported, bound: server.tls_client_certificate_bound_access_tokens })

const client = { client_id: agent }
const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'greet', arguments: {} } })

function grant(DPoP, { dispatcher = ours, audience = resource, as = client } = {}) {
  return twice(async () => oauth.processClientCredentialsResponse(server, as,
    await oauth.clientCredentialsGrantRequest(server, as, oauth.TlsClientAuth(), audience ? { resource: audience } : {}, { DPoP, ...over(dispatcher) })))
}

function call(token, DPoP, { dispatcher = ours, url = resource + '?page=2', method = 'POST' } = {}) {
  const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' })
  return outcome(() => twice(async () => {
    const response = await oauth.protectedResourceRequest(token, method, new URL(url), headers, method === 'POST' ? message : null, { DPoP, ...over(dispatcher) })
    return { status: response.status, body: await response.text() }
  }))
}

// 2: each algorithm that the server lists and this platform has: a token, verified with the server's published keys, and used. (As a resource
// server, oauth4webapi takes no token that is bound twice, to a certificate and to a key; ours are.)
const keySet = jose.createRemoteJWKSet(new URL(server.jwks_uri), { [jose.customFetch]: (url, options) => fetch(url, { ...options, dispatcher: ours }) })
for (const algorithm of ['ES256', 'ES384', 'Ed25519', 'PS256', 'RS256']) {
  if (!server.dpop_signing_alg_values_supported.includes(algorithm)) continue
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(algorithm))
  const token = await grant(DPoP)
  const judged = await jose.jwtVerify(token.access_token, keySet, { issuer: server.issuer, audience: resource, typ: 'at+jwt', requiredClaims: ['jti', 'iat', 'exp', 'client_id'] })
    .then(verified => verified.payload, e => ({ sub: e.message }))
  tell('token', { algorithm, type: token.token_type, ...await call(token.access_token, DPoP), subject: judged.sub, key: judged.cnf?.jkt === await DPoP.calculateThumbprint(), certificate: !!judged.cnf?.['x5t#S256'] })
}

// 3: what is forged, one thing at a time.
const keys = await oauth.generateKeyPair('ES256')
const plain = oauth.DPoP(client, keys)
const token = (await grant(plain)).access_token
const altered = alter => oauth.DPoP(client, keys, { [oauth.modifyAssertion]: alter })
const now = () => Math.floor(Date.now() / 1000)
const forged = (name, alter, options) => call(token, altered(alter), options).then(found => tell('forged: ' + name, found))
await forged('nothing', () => {})
await forged('typ of another JWT', header => { header.typ = 'jwt' })
await forged('no typ', header => { delete header.typ })
await forged('no jwk', header => { delete header.jwk })
await forged('jwk of another key', header => { header.jwk = { kty: 'EC', crv: 'P-256', x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs', y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA' } })
await forged('a private jwk', header => { header.jwk = { ...header.jwk, d: 'AAAA' } })
await forged('algorithm none', header => { header.alg = 'none' })
await forged('algorithm HS256', header => { header.alg = 'HS256' })
await forged('an extension that must be understood', header => { header.crit = ['b64']; header.b64 = false })
await forged('another method', (_, claims) => { claims.htm = 'GET' })
await forged('the method in lower case', (_, claims) => { claims.htm = 'post' })
await forged('no method', (_, claims) => { delete claims.htm })
await forged('another path', (_, claims) => { claims.htu = other })
await forged('another host', (_, claims) => { claims.htu = claims.htu.replace('127.0.0.1', '127.0.0.2') })
await forged('another scheme', (_, claims) => { claims.htu = claims.htu.replace('https:', 'http:') })
await forged('no URL', (_, claims) => { delete claims.htu })
await forged('no jti', (_, claims) => { delete claims.jti })
await forged('a jti that is a number', (_, claims) => { claims.jti = 7 })
await forged('no iat', (_, claims) => { delete claims.iat })
await forged('an iat of the past', (_, claims) => { claims.iat = now() - 600 })
await forged('an iat of the future', (_, claims) => { claims.iat = now() + 600 })
await forged('an iat that is text', (_, claims) => { claims.iat = String(now()) })
await forged('no ath', (_, claims) => { delete claims.ath })
await forged('ath of another token', (_, claims) => { claims.ath = 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' })
await forged('no nonce', (_, claims) => { delete claims.nonce })
await forged('a nonce of somebody else', (_, claims) => { claims.nonce = 'eyJ7S_zG.eyJH0-Z.HX4w-7v' })
await forged('a proof for a query that differs', (_, claims) => { claims.htu += '?page=3' })
const again = altered((_, claims) => { claims.jti = 'the same twice' })
tell('forged: a jti of its own', await call(token, again))
tell('forged: a proof that was used', await call(token, again))
tell('forged: a key that the token is not for', await call(token, oauth.DPoP(client, await oauth.generateKeyPair('ES256'))))
tell('forged: the token as a bearer token', await call(token, undefined))
tell('forged: a token without its certificate', await call(token, plain, { dispatcher: bare }))
tell('forged: a token with the certificate of another agent', await call(token, plain, { dispatcher: theirs }))
tell('forged: a token for another target', await call(token, plain, { url: other }))
const [head, claims, signature] = token.split('.')
const turned = c => (c === 'A' ? 'B' : 'A') + signature.slice(1)
tell('forged: a token with another signature', await call([head, claims, turned(signature[0])].join('.'), plain))
const promoted = JSON.parse(Buffer.from(claims, 'base64url'))
promoted.sub = agent.replace('/judge', '/admin')
tell('forged: a token with another subject', await call([head, Buffer.from(JSON.stringify(promoted)).toString('base64url'), signature].join('.'), plain))
const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
tell('forged: a token without a signature', await call([unsigned, claims, ''].join('.'), plain))

// 4: what the token service refuses.
const refused = (name, ...args) => outcome(() => grant(...args)).then(found => tell('refused: ' + name, found.access_token ? { status: 200 } : found))
await refused('nothing', plain)
await refused('no certificate', plain, { dispatcher: bare })
await refused('a client_id of another agent', plain, { dispatcher: theirs })
await refused('a resource that is not the gateway’s', plain, { audience: 'https://elsewhere.example/mcp' })
await refused('no resource', plain, { audience: '' })
await refused('a proof for another URL', altered((_, claims) => { claims.htu = resource }))
await refused('a proof of the past', altered((_, claims) => { claims.iat = now() - 600 }))
await refused('a proof that was used', again)
await refused('the same proof', again)
const ask = (type, parameters) => outcome(() => twice(async () => oauth.processGenericTokenEndpointResponse(server, client,
  await oauth.genericTokenEndpointRequest(server, client, oauth.TlsClientAuth(), type, { resource, ...parameters }, { DPoP: plain, ...over(ours) }))))
tell('refused: a grant that is not there', await ask('password', { username: 'a', password: 'b' }))
tell('refused: a scope', await ask('client_credentials', { scope: 'everything' }))
