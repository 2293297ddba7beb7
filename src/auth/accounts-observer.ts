/** What is asked of accounts, as it is counted. */
export type AccountsOperation = 'authorize' | 'check_password' | 'try_register' | 'does_user_exist'

/** Is told what accounts are asked. */
export interface AccountsObserver {
  measure<T>(operation: AccountsOperation, domain: string, work: () => Promise<T>): Promise<T>
}

/** Counts nothing. */
export const nobody: AccountsObserver = { measure: (_operation, _domain, work) => work() }
