# the container's ssh server; its host key is made when it is first needed
dropbear -R -p 22
