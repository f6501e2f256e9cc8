print("lastmile-replay")
