# The configuration of the brokers that kafka.sh starts. It is sourced by kafka.sh, and starts nothing.

# Five ports a broker, counted from KAFKA_PORT, so that one block of 15 serves three brokers.
port_of() { # port_of client|controller|internal|sasl|tls NODE
  case $1 in
    client) echo $((port + $2 - 1)) ;;
    controller) echo $((port + 3 + $2 - 1)) ;;
    internal) echo $((port + 6 + $2 - 1)) ;;
    sasl) echo $((port + 9 + $2 - 1)) ;;
    tls) echo $((port + 12 + $2 - 1)) ;;
  esac
}

listener() { echo "$1://127.0.0.1:$2"; }

voters() {
  local n all=
  for ((n = 1; n <= brokers; n++)); do all+="${all:+,}$n@127.0.0.1:$(port_of controller "$n")"; done
  echo "$all"
}

# Brokers talk over INTERNAL, so that a CLIENT address may lead through a proxy that a test cuts.
listeners() { # listeners NODE
  local inner client=CLIENT secure=
  inner=$(listener INTERNAL "$(port_of internal "$1")")
  if [ "$security" = 1 ]; then
    secure=,$(listener SASL "$(port_of sasl "$1")"),$(listener TLS "$(port_of tls "$1")")
  fi
  cat <<P
listeners=$(listener $client "$(port_of client "$1")"),$(listener CONTROLLER "$(port_of controller "$1")"),$inner$secure
advertised.listeners=$(listener $client $((advertised + $1 - 1))),$inner$secure
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,SASL:SASL_SSL,TLS:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=INTERNAL
P
}

security_properties() {
  local module=org.apache.kafka.common.security
  cat <<P
ssl.keystore.type=PEM
ssl.keystore.location=$run/server.pem
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=$module.plain.PlainLoginModule required user_$user="$password";
listener.name.sasl.scram-sha-256.sasl.jaas.config=$module.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=$module.scram.ScramLoginModule required;
P
}

# Small pools and short time-outs: for tests on two cores, never for production.
properties() { # properties NODE
  local copies=1 in_sync=1
  if [ "$brokers" -ge 3 ]; then copies=3 in_sync=2; fi
  cat <<P
process.roles=broker,controller
node.id=$1
controller.quorum.voters=$(voters)
$(listeners "$1")
log.dirs=$run/data-$1
auto.create.topics.enable=${KAFKA_AUTO_CREATE:-true}
num.partitions=3
default.replication.factor=$copies
min.insync.replicas=$in_sync
unclean.leader.election.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=$copies
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$in_sync
group.initial.rebalance.delay.ms=0
log.segment.bytes=67108864
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.io.buffer.size=131072
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=1
background.threads=2
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
# else a paused controller holds up the creation of topics for 30 s
controller.socket.timeout.ms=2000
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1500
controller.quorum.election.backoff.max.ms=300
replica.lag.time.max.ms=5000
P
  if [ "$security" = 1 ]; then security_properties; fi
  printf '%s\n' "${KAFKA_EXTRA:-}"
}
