/** What Peekaping can check and this version cannot, each with what to do about it. Their results are `unknown`. */
export const FOREIGN_TYPES: Readonly<Record<string, string>> = {
  ping: 'The type ping needs raw sockets, which this service does not ask for: check a port of the host with tcp.',
  docker:
    'The type docker needs the socket of a Docker daemon, which is as good as root there: check what the container serves, with http or tcp.',
  snmp: 'The type snmp is not supported: check a port of the device with tcp, or its page with http.',
  sqlserver: 'The type sqlserver is not supported: check its port (1433) with tcp.',
  mqtt: 'The type mqtt is not supported: check the port of the broker (1883) with tcp.',
};
