export { type ConsoleLoggerOptions, consoleLogger, type LogLevel, silentLogger } from './logger.ts'
