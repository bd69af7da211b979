/**
 * What a client may do with a resource, a bit for each operation (KIP-430). Without an authorizer everybody may do
 * all that there is.
 */
const bits = {
  read: 1 << 3,
  write: 1 << 4,
  create: 1 << 5,
  delete: 1 << 6,
  alter: 1 << 7,
  describe: 1 << 8,
  clusterAction: 1 << 9,
  describeConfigs: 1 << 10,
  alterConfigs: 1 << 11,
  idempotentWrite: 1 << 12,
}

const configs = bits.describeConfigs | bits.alterConfigs

export const topicOperations =
  bits.read | bits.write | bits.create | bits.delete | bits.alter | bits.describe | configs

export const clusterOperations =
  bits.create | bits.alter | bits.describe | bits.clusterAction | bits.idempotentWrite | configs

export const groupOperations = bits.read | bits.delete | bits.describe | configs
