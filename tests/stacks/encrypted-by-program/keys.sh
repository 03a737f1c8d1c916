echo '{"magic":"OpenTofu-External-Key-Provider","version":1}'
read -r said || true
case "$said" in
  null) echo '{"keys":{"encryption_key":"Zmlyc3Qta2V5LW9mLXRoaXJ0eS10d28tYnl0ZXMtISE="},"meta":{"generation":1}}' ;;
  *'"generation":1'*) echo '{"keys":{"decryption_key":"Zmlyc3Qta2V5LW9mLXRoaXJ0eS10d28tYnl0ZXMtISE="}}' ;;
esac
