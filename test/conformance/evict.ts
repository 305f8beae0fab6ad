import { once } from 'node:events';
import { connect } from 'node:net';

const LEAVE_GROUP = 13;

/** Takes a member out of its group without its knowledge: LeaveGroup (version 0) in its name, as no client's API allows. */
export async function evict(broker: string, group: string, memberId: string): Promise<void> {
  const [host, port] = broker.split(':');
  const socket = connect(Number(port), host);
  await once(socket, 'connect');
  const header = Buffer.alloc(8);
  header.writeInt16BE(LEAVE_GROUP, 0);
  header.writeInt32BE(1, 4);
  const body = Buffer.concat([header, text('evict'), text(group), text(memberId)]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  socket.write(Buffer.concat([size, body]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  const errorCode = answer.readInt16BE(8);
  if (errorCode !== 0) throw new Error(`the broker answered error ${errorCode} to LeaveGroup`);
}

function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeInt16BE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value)]);
}
