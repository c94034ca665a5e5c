// The official Cedar engine, asked about policy sets: does each policy validate against its schema, and how are the requests decided?
// One JSON document on standard input, an answer for each of its policy sets on standard output.
import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import fs from 'node:fs'

const failed = answer => answer.type === 'failure' ? answer.errors.map(e => e.message) : undefined

console.log(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(({ policies, schemas, requests }, i) => {
  const invalid = {}, warned = {}
  for (const [id, text] of Object.entries(policies)) {
    const answer = cedar.validate({ schema: schemas[id], policies: { staticPolicies: { [id]: text } } })
    const wrong = failed(answer) ?? answer.validationErrors.map(e => e.error.message)
    if (wrong.length > 0) invalid[id] = wrong
    const warnings = (answer.validationWarnings ?? []).map(w => w.error.message)
    if (warnings.length > 0) warned[id] = warnings
  }
  const unparsed = failed(cedar.preparsePolicySet(`set${i}`, { staticPolicies: policies }))
  if (unparsed) return { invalid, warned, unparsed }
  const answers = requests.map(request => {
    const answer = cedar.statefulIsAuthorized({ ...request, preparsedPolicySetId: `set${i}` })
    const unanswered = failed(answer)
    if (unanswered) return { unanswered }
    const { decision, diagnostics } = answer.response
    return { decision, reasons: diagnostics.reason.sort(), errors: diagnostics.errors.map(e => e.policyId).sort() }
  })
  return { invalid, warned, answers }
})))
