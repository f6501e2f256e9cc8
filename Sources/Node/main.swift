print("lastmile-node")
