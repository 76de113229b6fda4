/** A front end in a process of its own: connects, prints which engine answers, and ends. */
import { connect, type ConnectOptions } from '../../../src/protocol/client/connect.ts';

const options = JSON.parse(process.argv[2] ?? '') as ConnectOptions;
const connection = await connect(options);
process.stdout.write(JSON.stringify(connection.engine));
connection.dispose();
