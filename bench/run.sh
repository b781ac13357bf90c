#!/bin/sh
# Builds and runs the JMH benchmarks: bench/run.sh [JMH options], such as "Plan" or "-f 3".
set -e
cd "$(dirname "$0")/.."
mvn -B -ntp -q -Pbench -pl bench -am -DskipTests package dependency:build-classpath -Dmdep.outputFile=target/classpath
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -cp "bench/target/classes:$(cat bench/target/classpath)" org.openjdk.jmh.Main "$@"
