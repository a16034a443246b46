export { connectStorage, type StorageOptions } from './connect-storage.ts'
export type { ListedObject, ObjectRef, OpenUpload, Storage, StoredObject, Upload } from './storage.ts'
export { ObjectNotFoundError, StorageError } from './storage-errors.ts'
