export { connectStorage, type StorageOptions } from './connect-storage.ts'
export type {
  ListedObject,
  ObjectRef,
  OpenUpload,
  ReadLink,
  Storage,
  StoredObject,
  Upload,
} from './storage.ts'
export { ObjectNotFoundError, StorageError } from './storage-errors.ts'
