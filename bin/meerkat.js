#!/usr/bin/env node
import { main } from '../dist/main.js'
import { program } from '../dist/program.js'

await main(program)
