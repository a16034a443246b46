import { createTemporaryFolder } from './temporary-folder.ts'

/** A folder for one test, removed with all that is in it when disposed. */
export const createTestFolder = () => createTemporaryFolder('pickup-test-')
