import type { Command } from '../../module/command.ts'
import type { ModuleServices } from '../../module/module-commands.ts'

export const mucCommands: readonly Command<ModuleServices>[] = []
