#!/bin/bash
# The loss and priority tables of ../shared/data/oracles, simulated by the real scheduler and pool; VALIDATE=quick:
# the cases that need few events.
folder=${DATAHALL_SHARED:-../shared}/data/oracles
[[ -d $folder ]] || { echo "ok - schedule oracles # SKIP no $folder"; exit 0; }
exec "$1/schedule_oracles" "$folder" ${VALIDATE:+quick}
