// Breaks the durability of a process, so that a suite can show that it notices. Preloaded by NODE_OPTIONS=--import=...,
// which reaches worker threads too; SABOTAGE names what is broken:
//   no-file-fsync        fsync of a file does nothing
//   no-folder-fsync      fsync of a folder does nothing
//   rename-before-fsync  fsync of a file returns at once and is done later: renames overtake it
//   ack-before-fsync     the same of files and of folders: acknowledgements overtake it
//   ledger-after-ack     what is appended to a manifest is written later
//   FILE: synchronous=OFF, FILE: synchronous=NORMAL   in place of FULL, for the database of that name
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';

const LATE_MS = 100;
const { fsync, fsyncSync, fstatSync, writeSync, openSync, closeSync, readlinkSync } = fs;

const isFolder = (fd) => fstatSync(fd).isDirectory();

/** Does `work` later with a descriptor of its own, since the caller closes the given one. */
function later(fd, flags, work) {
  const own = openSync(`/proc/self/fd/${fd}`, flags);
  setTimeout(() => {
    work(own);
    closeSync(own);
  }, LATE_MS);
}

/** Where `isBroken` says so, `instead` runs in place of fsync. */
function breakFsync(isBroken, instead) {
  fs.fsync = (fd, done) => {
    if (!isBroken(fd)) return fsync(fd, done);
    instead(fd);
    setTimeout(done, 0, null);
  };
  fs.fsyncSync = (fd) => (isBroken(fd) ? instead(fd) : fsyncSync(fd));
}

/** For the database of this name, in place of FULL. The class is native: what it can do is fixed, what inherits from it is not. */
function breakSqlite(file, synchronous) {
  const { prototype } = DatabaseSync;
  DatabaseSync.prototype = Object.create(prototype, {
    exec: {
      value(sql) {
        const isMeant = sql === 'PRAGMA synchronous = FULL' && basename(this.location()) === file;
        return prototype.exec.call(this, isMeant ? `PRAGMA synchronous = ${synchronous}` : sql);
      },
    },
  });
}

const nothing = () => undefined;
const late = (fd) => later(fd, 'r', fsyncSync);
const SABOTAGES = {
  'no-file-fsync': () => breakFsync((fd) => !isFolder(fd), nothing),
  'no-folder-fsync': () => breakFsync(isFolder, nothing),
  'rename-before-fsync': () => breakFsync((fd) => !isFolder(fd), late),
  'ack-before-fsync': () => breakFsync(() => true, late),
  'ledger-after-ack': () => {
    fs.writeSync = (fd, content, ...rest) => {
      if (!readlinkSync(`/proc/self/fd/${fd}`).includes('/manifest/')) return writeSync(fd, content, ...rest);
      const kept = Buffer.from(content);
      later(fd, 'a', (own) => (writeSync(own, kept), fsyncSync(own)));
      return content.length;
    };
  },
};

for (const file of ['carillon.db', 'monitors.db'])
  for (const synchronous of ['OFF', 'NORMAL'])
    SABOTAGES[`${file}: synchronous=${synchronous}`] = () => breakSqlite(file, synchronous);

const { SABOTAGE } = process.env;
if (SABOTAGE) {
  if (!(SABOTAGE in SABOTAGES))
    throw new Error(`SABOTAGE: ${SABOTAGE} is not one of ${Object.keys(SABOTAGES)}`);
  SABOTAGES[SABOTAGE]();
  syncBuiltinESMExports();
}
