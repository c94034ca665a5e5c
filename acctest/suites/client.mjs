// An MCP client as the official suite runs one: the suite appends the URL of its server. The client is the inspector, unmodified; before it
// is a sidecar, which has to find the authorization server and to get and use tokens. A person's browser is played by following the URL
// that the sidecar says to open.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import readline from 'node:readline'

const { AGENT_GATEWAY, INSPECTOR, MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_PROTOCOL_VERSION: version } = process.env
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}')
const folder = fs.mkdtempSync(process.env.HOME + '/client-')
const file = (name, text) => { fs.writeFileSync(`${folder}/${name}`, text); return `${folder}/${name}` }

const args = ['sidecar', '-listen', '127.0.0.1:0', '-url', process.argv.at(-1), '-discover', '-client-id', context.client_id ?? 'an-agent']
if (!scenario.startsWith('auth/dpop')) args.push('-allow-bearer')
if (context.valid_jwt) args.push('-assertion-file', file('jwt', context.valid_jwt))
else if (!scenario.startsWith('auth/client-credentials')) args.push('-login')
if (context.client_secret) args.push('-client-secret-file', file('secret', context.client_secret))
const sidecar = spawn(AGENT_GATEWAY, args, { stdio: ['ignore', 'ignore', 'pipe'] })

// A kept connection may be closed by the server just then; browsers try again, and so does this.
const visit = (at, left = 2) => fetch(at).catch(e => { log += e.stack + '\n'; if (left > 0) return visit(at, left - 1) })

// The sidecar's log says where it listens, and where to log in.
let log = ''
const url = await new Promise((resolve, reject) => {
  sidecar.on('exit', status => reject(new Error(`the sidecar ended with ${status}: ${log}`)))
  readline.createInterface({ input: sidecar.stderr }).on('line', line => {
    log += line + '\n'
    const listens = line.match(/msg=sidecar url=(\S+)/), login = line.match(/ login="?([^"\s]+)/)
    if (listens) resolve(listens[1])
    if (login) visit(login[1])
  })
})
const once = args => new Promise(resolve => {
  const inspector = spawn(process.execPath, [INSPECTOR, '--cli', url, '--transport', 'http', '--format', 'json', '-q',
    '--protocol-era', version >= '2026' ? 'modern' : 'legacy', ...args], { stdio: ['inherit', 'inherit', 'pipe'] })
  let said = ''
  inspector.stderr.on('data', text => { said += text; process.stderr.write(text) })
  inspector.on('close', status => resolve({ status, said }))
})
// The inspector looks for a tool in a list that may not have come yet: then it has called nothing.
const inspect = async (...args) => {
  for (let left = 2; ; left--) {
    const { status, said } = await once(args)
    if (left === 0 || !said.includes('"code":"tool_not_found"')) return status
  }
}
// The servers of these scenarios ask for more at the second visit.
if (scenario.startsWith('auth/scope')) await inspect('--method', 'tools/list')
const status = await inspect('--method', 'tools/call', '--tool-name', 'test-tool')
sidecar.removeAllListeners('exit')
sidecar.kill()
process.stderr.write(log)
process.exit(status)
