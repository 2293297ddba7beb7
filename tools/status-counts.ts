/** docs/status.md with the counts of its first table as its other tables have them. */
export function withCounts(status: string): string {
  return status.replace(
    /^(\| \[(mod_\w+)\]\(#\w+\) +\| [^|]+\|)( \d+ +)\|( \d+ +)\|( \d+ +)\|$/gm,
    (_, head: string, module: string, ...cells: string[]) => {
      const table = status.split(`\n### ${module}\n`)[1]?.split('\n### ')[0] ?? ''
      const counts = ['done', 'partly', 'not yet'].map((state, column) => {
        const count = table.split('\n').filter((row) => new RegExp(`^\\| \\d+ .*\\| ${state} +\\|`).test(row)).length
        return ` ${count}`.padEnd(cells[column]?.length ?? 0)
      })
      return `${head}${counts.join('|')}|`
    },
  )
}
