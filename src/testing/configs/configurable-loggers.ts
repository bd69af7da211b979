import { ErrorCodes } from '../../protocol/error-codes.ts'
import { configSources } from '../state/config-sources.ts'
import { problem } from '../state/create-topic.ts'
import { logLevels, rootLogger } from '../state/log-levels.ts'
import type { Configurable } from './configurable.ts'
import { otherBroker } from './configurable-brokers.ts'

/** Kafka gives levels no type. */
const noType = 0

export const configurableLoggers: Configurable = {
  noListError: ErrorCodes.INVALID_REQUEST,
  hasOldWay: false,

  alterProblem: otherBroker,

  current: () => new Map(),

  set({ cluster, node }, _name, configs, validateOnly) {
    for (const [logger, level] of configs) {
      const what = levelProblem(logger, level)
      if (what !== undefined) return problem(ErrorCodes.INVALID_CONFIG, what)
    }
    const level = configs.get(rootLogger)
    if (level !== undefined && !validateOnly) cluster.logLevels.set(node.id, level)
    return undefined
  },

  deleteProblem(logger) {
    if (logger === rootLogger)
      return problem(ErrorCodes.INVALID_REQUEST, 'the root logger has to have a level')
    return problem(ErrorCodes.INVALID_CONFIG, `there is no logger "${logger}"`)
  },

  describe(broker, name) {
    const failure = otherBroker(broker, name)
    if (failure !== undefined) return failure
    const value = broker.cluster.logLevels.of(broker.node.id)
    const { logger: source } = configSources
    return [
      {
        ...{ name: rootLogger, value, readOnly: false, configSource: source, isSensitive: false },
        ...{ synonyms: [], configType: noType, documentation: '' },
      },
    ]
  },

  names: ({ view }) => [...view.brokers.keys()].map(String),
}

function levelProblem(logger: string, level: string): string | undefined {
  if (logger !== rootLogger) return `there is no logger "${logger}"`
  if ((logLevels as readonly string[]).includes(level)) return undefined
  return `there is no level "${level}"; there are ${logLevels.join(', ')}`
}
