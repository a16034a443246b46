import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureCodes } from '#libs/errors/index.ts'
import { createCliUser } from '../../cli/testing/cli-user.ts'
import { useDashboard } from '../browser/use-dashboard.ts'
import { deadCid } from './content.ts'

// Without workers, so that each pin stays as it is put.
const { options, pipeline, signedIn } = await useDashboard({ services: ['gateway'] })

test(
  'every failure says what happened and what to do in both APIs, the CLI and the dashboard',
  options,
  async () => {
    const { page, token, misdeeds } = await signedIn({ account: 'failures' })
    const { client, database, gatewayUrl } = pipeline()
    const psa = `${gatewayUrl}/psa`
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    await using user = await createCliUser({ PICKUP_URL: psa, PICKUP_TOKEN: token })
    for (const [code, sentence] of Object.entries(failureCodes)) {
      const cid = deadCid()
      const body = JSON.stringify({ cid, name: code })
      const added = await fetch(`${psa}/pins`, { method: 'POST', headers, body })
      const { requestid } = (await added.json()) as { requestid: string }
      await client.pin(cid)
      await database.query(
        `update contents set state = 'failed', failure_code = $2, failure_message = 'as it came' where cid = $1`,
        [cid, code],
      )

      const { error, failure } = await client.status(cid)
      assert.equal(error, `${code}: as it came. ${sentence}`)
      assert.deepEqual([failure?.code, failure?.explanation], [code, sentence])

      const pin = await fetch(`${psa}/pins/${requestid}`, { headers })
      const { info } = (await pin.json()) as { info: Record<string, string> }
      assert.deepEqual([info['failure_code'], info['status_details']], [code, `${sentence} (as it came)`])

      const { stdout } = await user.run(['status', requestid])
      assert.ok(stdout.includes(sentence) && stdout.includes(code), stdout)

      await page.goto(`${gatewayUrl}/dashboard#/pins/${requestid}`)
      await page.getByRole('heading', { name: `Why it failed: ${code}` }).waitFor()
      await page.getByText(sentence, { exact: true }).waitFor()
    }
    misdeeds.none()
  },
)
