import type { ModuleDeclaration } from '../config/modules.ts'

/** Every module that exists. */
export const modules: readonly ModuleDeclaration[] = []
