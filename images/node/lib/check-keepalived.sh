#!/bin/sh
# Runs keepalived's own check of its configuration. In keepalived(8), 6 means that a script runs without
# enable_script_security, which keepalived accepts.
set -u
keepalived --config-test || [ $? -eq 6 ]
