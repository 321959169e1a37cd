#!/bin/sh
# keepalived's own check of its configuration. keepalived(8): 6 is a script that runs without enable_script_security,
# which keepalived does all the same.
set -u
keepalived --config-test || [ $? -eq 6 ]
