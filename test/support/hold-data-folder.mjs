// Takes a data folder, says so on standard output, and keeps it until it is killed. Argument: the folder.
import { lockDataFolder } from '../../dist/storage/data-folder.js'

await lockDataFolder(process.argv[2])
process.stdout.write('held\n')
setInterval(() => {}, 1000)
